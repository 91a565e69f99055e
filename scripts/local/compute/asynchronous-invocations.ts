import { availableParallelism } from 'node:os'
import type { FunctionModel } from '../model.ts'
import { asynchronousQueueName } from '../services/internal-queues.ts'
import type { Messaging, ReceivedMessage } from '../services/messaging-port.ts'
import type { FailureDestination } from './failure-destination.ts'
import type { InvocationHook } from './invocation-hook.ts'
import type { Invoker } from './invoker.ts'
import { pollQueue } from './poll-queue.ts'

/**
 * Of one function, at the same time. AWS has no such limit; here a burst of events must leave the machine, and the
 * invocations that somebody waits for, some room.
 */
const concurrency = 2 * availableParallelism()

/** On top of the function's time-out, before an invocation that was cut off by a crash is tried again. */
const visibilityMarginSeconds = 30

/** Before attempt 2, 3, …: 1 s, 2 s, 4 s … AWS waits one minute, then two. */
export function retryDelaySeconds(failedAttempts: number): number {
  return Math.min(2 ** (failedAttempts - 1), 60)
}

export interface AsynchronousInvocations {
  readonly model: FunctionModel
  readonly messaging: Messaging
  readonly invoker: Invoker
  readonly hook: InvocationHook
  readonly abandon: FailureDestination
  readonly report: (problem: string, error: unknown) => void
}

/** Resolves with the request id once the invocation would survive a kill. */
export function enqueueInvocation(messaging: Messaging, functionName: string, payload: string): Promise<string> {
  return messaging.send(asynchronousQueueName(functionName), payload)
}

/**
 * Runs the queued invocations of a function until `signal` is aborted. A message is one invocation, its id the request
 * id, its receive count the attempt; so what was running when the local cloud was killed runs again.
 */
export function runAsynchronousInvocations(options: AsynchronousInvocations, signal: AbortSignal): Promise<void> {
  const { model, messaging, invoker, hook, abandon, report } = options
  const queueName = asynchronousQueueName(model.name)
  const visibilitySeconds = model.timeoutSeconds + visibilityMarginSeconds
  const handle = async ({ messageId: requestId, receiptHandle, body: payload, attributes }: ReceivedMessage) => {
    const attempts = Number(attributes.ApproximateReceiveCount ?? 1)
    const outcome = await invoker.deliver({ model, requestId, payload, visibilitySeconds }, signal)
    if (outcome.failed && attempts <= model.maximumRetryAttempts) {
      await messaging.changeVisibility(queueName, receiptHandle, retryDelaySeconds(attempts))
      return
    }
    if (outcome.failed) await abandon({ model, requestId, payload, outcome, attempts })
    await hook({ function: model.name, requestId, phase: 'before-acknowledgement' })
    await messaging.delete(queueName, receiptHandle)
  }
  return pollQueue(
    {
      messaging,
      queueName,
      batchSize: 1,
      batchingWindowMs: 0,
      concurrency,
      visibilitySeconds,
      whenRoom: (whenSignal) => invoker.whenRoom(model, whenSignal),
      handle: async (batch) => void (await Promise.all(batch.map(handle))),
      report,
    },
    signal,
  )
}
