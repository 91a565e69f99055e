import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { FunctionModel, SubscriptionModel } from '../model.ts'
import { subscriptionQueueName } from '../services/internal-queues.ts'
import type { Messaging, ReceivedMessage } from '../services/messaging-port.ts'
import { retryDelaySeconds } from './asynchronous-invocations.ts'
import type { FailureDestination } from './failure-destination.ts'
import type { InvocationHook } from './invocation-hook.ts'
import type { Invoker } from './invoker.ts'
import { pollQueue } from './poll-queue.ts'

/** Of one subscription, at the same time; AWS has no such limit. Each is a process that somebody's invocation may need. */
const concurrency = Math.max(2, availableParallelism())

/** On top of all attempts at one notification. */
const visibilityMarginSeconds = 30

export interface SnsSubscription {
  readonly subscription: SubscriptionModel
  readonly model: FunctionModel
  readonly messaging: Messaging
  readonly invoker: Invoker
  readonly hook: InvocationHook
  readonly abandon: FailureDestination
  readonly report: (problem: string, error: unknown) => void
}

/**
 * Hands the notifications of a topic to a function until `signal` is aborted: several at a time, as Lambda does, so that
 * one may overtake another. Between the attempts at one the others go on.
 */
export function runSnsSubscription(options: SnsSubscription, signal: AbortSignal): Promise<void> {
  const { subscription, model, messaging, invoker, hook, abandon, report } = options
  const queueName = subscriptionQueueName(subscription)
  const visibilitySeconds = model.timeoutSeconds + visibilityMarginSeconds
  const handle = async (message: ReceivedMessage) => {
    const { messageId: requestId, receiptHandle } = message
    const payload = JSON.stringify({ Records: [snsRecord(message.body, subscription.topicArn)] })
    for (let attempts = 1; ; attempts++) {
      const outcome = await invoker.deliver({ model, requestId, payload, visibilitySeconds }, signal)
      if (!outcome.failed) break
      if (attempts > model.maximumRetryAttempts) {
        await abandon({ model, requestId, payload, outcome, attempts })
        break
      }
      const seconds = retryDelaySeconds(attempts)
      await messaging.changeVisibility(queueName, receiptHandle, seconds + visibilitySeconds)
      await delay(seconds * 1000, undefined, { signal })
    }
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
      handle: async ([message]) => {
        if (message) await handle(message)
      },
      report,
    },
    signal,
  )
}

/** As Lambda hands a notification to a function; the names differ in case from those of the envelope. */
function snsRecord(envelope: string, topicArn: string): object {
  const { SigningCertURL, UnsubscribeURL, ...notification } = JSON.parse(envelope) as Record<string, unknown>
  return {
    EventSource: 'aws:sns',
    EventVersion: '1.0',
    EventSubscriptionArn: subscriptionArn(UnsubscribeURL) ?? `${topicArn}:local`,
    Sns: {
      Subject: null,
      MessageAttributes: {},
      ...notification,
      SigningCertUrl: SigningCertURL,
      UnsubscribeUrl: UnsubscribeURL,
    },
  }
}

function subscriptionArn(unsubscribeUrl: unknown): string | null {
  if (typeof unsubscribeUrl !== 'string') return null
  return URL.parse(unsubscribeUrl)?.searchParams.get('SubscriptionArn') ?? null
}
