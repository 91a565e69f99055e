import { randomBytes } from 'node:crypto'
import type { Writable } from 'node:stream'
import type { FunctionModel } from '../model.ts'
import type { Answer, EnvironmentProcess, Exit } from './environment-process.ts'
import type { Fleet } from './fleet.ts'
import { exitFailure, type FunctionFailure, outOfMemoryFailure, timeoutFailure } from './function-failure.ts'
import type { InvocationHook } from './invocation-hook.ts'
import type { MemoryWatch } from './memory-watch.ts'
import { shuttingDown, TooManyRequests } from './service-errors.ts'
import type { MutableStatistics } from './statistics.ts'

/** What Lambda grants the loading of a function, on top of its time-out. */
const initialisationMs = 10_000

/** How an invocation ended. */
export interface Outcome {
  readonly failed: boolean
  /** JSON text: what the function returned, or `{errorType, errorMessage, trace?}`. */
  readonly payload: string
}

interface Ending extends Outcome {
  /** Null where the function itself answered. */
  readonly unanswered: 'timeouts' | 'crashes' | 'outOfMemory' | null
}

interface Invocation {
  readonly requestId: string
  readonly traceId: string
  readonly payload: string
}

export interface RunnerOptions {
  readonly fleet: Fleet
  readonly memoryWatch: MemoryWatch
  readonly logOf: (functionName: string) => Writable
  readonly statisticsOf: (functionName: string) => MutableStatistics
  readonly hook: InvocationHook
  readonly clockAheadMs: () => number
}

/** Runs one invocation in one execution environment: time-out, accounting, log lines. */
export class FunctionRunner {
  readonly #options: RunnerOptions

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  /**
   * Rejects with TooManyRequests if there is no place for it, with ServiceException if the compute has stopped under it,
   * which is nobody's failure, and with what the hook throws.
   */
  async run(model: FunctionModel, requestId: string, payload: string): Promise<Outcome> {
    const { fleet, hook } = this.#options
    const statistics = this.#options.statisticsOf(model.name)
    const environment = await fleet.acquire(model).catch((error) => {
      if (error instanceof TooManyRequests) statistics.throttles++
      throw error
    })
    statistics.running++
    statistics.peakConcurrency = Math.max(statistics.peakConcurrency, statistics.running)
    const traceId = newTraceId()
    const moment = {
      function: model.name,
      requestId,
      pid: environment.pid ?? null,
      traceId,
      kill: (how: keyof typeof killReasons) => environment.kill(killReasons[how]),
    }
    try {
      await hook({ ...moment, phase: 'before-invocation' })
      const ending = await this.#runIn(environment, { requestId, traceId, payload }, statistics)
      await hook({ ...moment, phase: 'after-invocation' })
      return { failed: ending.failed, payload: ending.payload }
    } finally {
      statistics.running--
      fleet.release(environment)
    }
  }

  async #runIn(
    environment: EnvironmentProcess,
    invocation: Invocation,
    statistics: MutableStatistics,
  ): Promise<Ending> {
    const { model } = environment
    const { requestId } = invocation
    const log = this.#options.logOf(model.name)
    const isCold = environment.invocations++ === 0
    statistics.invocations++
    if (isCold) statistics.coldStarts++

    log.write(`START RequestId: ${requestId} Version: $LATEST\n`)
    const { ending, initialisedAt, durationMs } = await this.#watched(environment, invocation)
    if (ending.failed) statistics.errors++
    if (ending.unanswered !== null) {
      statistics[ending.unanswered]++
      const { errorType, errorMessage } = JSON.parse(ending.payload) as FunctionFailure
      log.write(`${new Date().toISOString()} ${errorMessage} ${errorType}\n`)
    }
    const fields = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs)} ms`,
      `Memory Size: ${model.memoryMb} MB`,
      `Max Memory Used: ${Math.ceil(environment.peakResidentBytes / 1024 / 1024)} MB`,
      ...(isCold ? [`Init Duration: ${(initialisedAt - environment.startedAt).toFixed(2)} ms`] : []),
      ...(ending.unanswered === null ? [] : [`Status: ${ending.unanswered === 'timeouts' ? 'timeout' : 'error'}`]),
    ]
    log.write(`END RequestId: ${requestId}\n${fields.join('\t')}\n`)
    return ending
  }

  async #watched(environment: EnvironmentProcess, invocation: Invocation) {
    const { model } = environment
    this.#options.memoryWatch.add(environment)
    try {
      const initialisation = await withDeadline(environment, initialisationMs + model.timeoutSeconds * 1000, () => {
        return environment.initialised
      })
      const initialisedAt = performance.now()
      const ending =
        initialisation.kind === 'ready'
          ? await this.#invoke(environment, invocation)
          : failedEnding(model, invocation.requestId, initialisation)
      return { ending, initialisedAt, durationMs: performance.now() - initialisedAt }
    } finally {
      this.#options.memoryWatch.remove(environment)
    }
  }

  async #invoke(environment: EnvironmentProcess, invocation: Invocation): Promise<Ending> {
    const { model } = environment
    const timeoutMs = model.timeoutSeconds * 1000
    const result = await withDeadline(environment, timeoutMs, () => {
      const clockAheadMs = this.#options.clockAheadMs()
      const deadline = Date.now() + clockAheadMs + timeoutMs
      return environment.invoke({ ...invocation, functionArn: model.arn, deadline, clockAheadMs })
    })
    return result.kind === 'exit'
      ? failedEnding(model, invocation.requestId, result)
      : answeredEnding(environment, result)
  }
}

const killReasons = { crash: 'crash', 'out-of-memory': 'memory', 'time-out': 'timeout' } as const

/** In the form of X-Ray; nothing here is sampled. */
function newTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16)
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`
}

/** Kills the environment when the time is over, which is what settles the work then. */
async function withDeadline<T>(environment: EnvironmentProcess, ms: number, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => environment.kill('timeout'), ms)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
  }
}

function answeredEnding(environment: EnvironmentProcess, answer: Answer): Ending {
  environment.peakResidentBytes = Math.max(environment.peakResidentBytes, answer.residentBytes)
  return { failed: answer.failed, payload: answer.payload, unanswered: null }
}

function failedEnding(
  model: FunctionModel,
  requestId: string,
  end: Exit | { readonly kind: 'init-failed'; readonly payload: string },
): Ending {
  if (end.kind === 'init-failed') return { failed: true, payload: end.payload, unanswered: null }
  const failed = (unanswered: Ending['unanswered'], failure: FunctionFailure): Ending => {
    return { failed: true, payload: JSON.stringify(failure), unanswered }
  }
  if (end.killed === 'stopped') throw shuttingDown()
  if (end.killed === 'timeout') return failed('timeouts', timeoutFailure(requestId, model.timeoutSeconds))
  if (end.killed === 'memory') return failed('outOfMemory', outOfMemoryFailure(requestId))
  return failed('crashes', exitFailure(requestId, end.code, end.signal))
}
