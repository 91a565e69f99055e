import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { CloudModel, FunctionModel, QueueModel, Running } from '../model.ts'
import type { Messaging } from '../services/messaging-port.ts'
import { enqueueInvocation, runAsynchronousInvocations } from './asynchronous-invocations.ts'
import { EnvironmentProcess } from './environment-process.ts'
import { createFailureDestination } from './failure-destination.ts'
import { Fleet } from './fleet.ts'
import { FunctionLogs } from './function-log.ts'
import { FunctionRunner } from './function-runner.ts'
import type { InvocationHook } from './invocation-hook.ts'
import { createInvoker } from './invoker.ts'
import { asynchronousPayloadLimit, synchronousPayloadLimit } from './limits.ts'
import { MemoryWatch } from './memory-watch.ts'
import { prepareRunTimeFiles } from './run-time-files.ts'
import { startSchedules } from './schedules.ts'
import { functionNotFound, payloadNotJson, payloadTooLarge, shuttingDown } from './service-errors.ts'
import { runSnsSubscription } from './sns-subscription.ts'
import { runSqsEventSource } from './sqs-event-source.ts'
import { emptyStatistics, type FunctionStatistics, type MutableStatistics } from './statistics.ts'

/** Processes on this machine, busy and warm together. */
const environmentLimit = 16 + 8 * availableParallelism()
/** What running invocations get to finish when the compute stops. */
const stopDeadlineMs = 10_000

export interface ComputeOptions {
  readonly model: CloudModel
  /** What functions find as AWS_ENDPOINT_URL. */
  readonly awsEndpoint: string
  /** Gets one file per function, and `_compute.log` for what concerns none. */
  readonly logDirectory: string
  readonly messaging: Messaging
  /** Keeps what V8 makes of the functions' code, so that they start faster the next time, too. */
  readonly compileCacheDirectory?: string
  /** The Node.js that runs the functions; this one by default. */
  readonly nodePath?: string
  readonly hook?: InvocationHook
  /** By how much the clocks of functions are ahead of this one, from their next invocation on. */
  readonly clockAheadMs?: () => number
}

export type InvocationType = 'RequestResponse' | 'Event'

/** As the Lambda API answers Invoke. */
export interface InvocationResult {
  readonly requestId: string
  readonly statusCode: 200 | 202
  readonly executedVersion: '$LATEST'
  /** `Unhandled` when the function failed; the payload is then `{errorType, errorMessage, trace?}`. */
  readonly functionError: 'Unhandled' | null
  /** JSON text; empty for `Event`. */
  readonly payload: string
}

/** Lambda: runs functions, and feeds them from queues, topics and schedules. */
export interface Compute extends Running {
  /**
   * `RequestResponse` runs the function now and resolves however it ends. `Event` resolves once the invocation is queued
   * durably. `payload` is JSON text; empty means `{}`. Rejects with `LambdaServiceError` (`name`, `statusCode`) where
   * no function ran: unknown (404), not JSON (400), too large (413), throttled (429), stopping (503).
   */
  invoke(functionNameOrArn: string, payload: string, type: InvocationType): Promise<InvocationResult>
  /** By function name. */
  statistics(): Readonly<Record<string, FunctionStatistics>>
  /** As if the schedule were due now; false if there is none of that name. */
  fireSchedule(name: string): boolean
  /** From the next invocation on the function runs what its code directory holds now. */
  replaceCode(functionName: string): void
}

export async function startCompute(options: ComputeOptions): Promise<Compute> {
  const {
    model,
    awsEndpoint,
    messaging,
    nodePath = process.execPath,
    hook = () => undefined,
    clockAheadMs = () => 0,
  } = options
  const functionOf = (nameOrArn: string): FunctionModel => {
    const found = model.functions.find(({ name, arn }) => nameOrArn === name || nameOrArn === arn)
    if (found) return found
    const names = model.functions.map(({ name }) => name)
    throw functionNotFound(nameOrArn, names)
  }
  const queueOf = (queueArn: string): QueueModel => {
    const found = model.queues.find(({ arn }) => arn === queueArn)
    if (found) return found
    throw new Error(`Expected the queue ${queueArn} of an event source in the template; it is not.`)
  }
  const sources = model.eventSources.map((source) => {
    return { source, queue: queueOf(source.queueArn), model: functionOf(source.functionArn) }
  })
  const subscriptions = model.subscriptions.map((subscription) => {
    return { subscription, model: functionOf(subscription.functionArn) }
  })

  const files = await prepareRunTimeFiles(nodePath, options.compileCacheDirectory ?? null)
  const logs = new FunctionLogs(options.logDirectory)
  const logOf = (name: string) => logs.of(name)
  const statistics = new Map(model.functions.map(({ name }) => [name, emptyStatistics()]))
  const statisticsOf = (name: string) => statistics.get(name) as MutableStatistics
  const fleet = new Fleet(environmentLimit, (one) => {
    return new EnvironmentProcess(one, { awsEndpoint, nodePath, files, log: logOf(one.name) })
  })
  const runner = new FunctionRunner({ fleet, memoryWatch: new MemoryWatch(), logOf, statisticsOf, hook, clockAheadMs })
  const invoker = createInvoker(fleet, runner)

  const stopping = new AbortController()
  const { signal } = stopping
  const report = (problem: string, error: unknown) => {
    if (!signal.aborted) logOf('_compute').write(`${new Date().toISOString()} ${problem}: ${error}\n`)
  }
  const schedules = startSchedules(model.schedules, ({ name, functionArn }, payload) => {
    enqueueInvocation(messaging, functionOf(functionArn).name, payload).catch((error) => {
      report(`schedule ${name}`, error)
    })
  })
  const shared = { messaging, invoker, hook, abandon: createFailureDestination(model, messaging), report }
  const pollers = [
    ...model.functions.map((one) => runAsynchronousInvocations({ ...shared, model: one }, signal)),
    ...sources.map((source) => runSqsEventSource({ ...shared, ...source }, signal)),
    ...subscriptions.map((subscription) => runSnsSubscription({ ...shared, ...subscription }, signal)),
  ]
  const running = new Set<Promise<unknown>>()

  return {
    async invoke(functionNameOrArn, payload, type) {
      const target = functionOf(functionNameOrArn)
      const text = payload === '' ? '{}' : payload
      const limit = type === 'Event' ? asynchronousPayloadLimit : synchronousPayloadLimit
      if (Buffer.byteLength(text) > limit) throw payloadTooLarge(limit)
      const common = { executedVersion: '$LATEST' } as const
      if (type === 'Event') {
        requireJson(text)
        const requestId = await enqueueInvocation(messaging, target.name, text)
        return { ...common, requestId, statusCode: 202, functionError: null, payload: '' }
      }
      if (signal.aborted) throw shuttingDown()
      const requestId = randomUUID()
      const run = runner.run(target, requestId, text)
      running.add(run)
      const outcome = await run.finally(() => running.delete(run))
      // What is no JSON has failed in the environment; parsing megabytes here as well would slow every upload down.
      if (outcome.failed) requireJson(text)
      const functionError = outcome.failed ? 'Unhandled' : null
      return { ...common, requestId, statusCode: 200, functionError, payload: outcome.payload }
    },
    statistics: () => Object.fromEntries([...statistics].map(([name, counts]) => [name, { ...counts }])),
    fireSchedule: (name) => schedules.fire(name),
    replaceCode: (functionName) => fleet.retire(functionOf(functionName).name),
    async stop() {
      stopping.abort()
      await schedules.stop()
      // A loop that does not notice the signal, or a disk that takes no log any more, must not keep anybody waiting.
      await within(stopDeadlineMs, Promise.allSettled([...pollers, ...running]))
      await within(stopDeadlineMs, fleet.stop())
      await files.remove()
      await within(stopDeadlineMs, logs.close())
    },
  }
}

/** Resolves with the work, or after so many milliseconds without it. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([work, late])
  clearTimeout(timer)
}

function requireJson(payload: string): void {
  try {
    JSON.parse(payload)
  } catch (error) {
    throw payloadNotJson(error)
  }
}
