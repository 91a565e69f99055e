import type { FunctionModel } from '../model.ts'
import type { EnvironmentProcess } from './environment-process.ts'
import { shuttingDown, TooManyRequests } from './service-errors.ts'

/** After so long without work an environment is given up. */
const idleMs = 2 * 60_000
/** How long an invocation waits for a place on this machine before it is throttled. */
const patienceMs = 10_000

interface Waiter {
  readonly model: FunctionModel
  readonly settle: (environment: EnvironmentProcess) => void
  readonly refuse: (error: Error) => void
}

interface RoomWaiter {
  readonly model: FunctionModel
  readonly settle: () => void
}

/**
 * All execution environments: who is busy, who is warm, and who may start. A function's reserved concurrency is a hard
 * limit that throttles, as on AWS. `limit` bounds the processes on this machine: the least recently used warm
 * environment of any function makes room, and if all are busy the invocation waits its turn.
 */
export class Fleet {
  readonly #limit: number
  readonly #start: (model: FunctionModel) => EnvironmentProcess
  /** Until they have exited. */
  readonly #processes = new Set<EnvironmentProcess>()
  /** Those that count against the limit: not the ones just killed. */
  readonly #live = new Set<EnvironmentProcess>()
  /** Least recently used first; the timers retire. */
  readonly #idle = new Map<EnvironmentProcess, NodeJS.Timeout>()
  /** Busy or waiting, per function. */
  readonly #claims = new Map<string, number>()
  #waiters: Waiter[] = []
  #stopped = false
  #roomWaiters: RoomWaiter[] = []

  constructor(limit: number, start: (model: FunctionModel) => EnvironmentProcess) {
    this.#limit = limit
    this.#start = start
  }

  claimed(functionName: string): number {
    return this.#claims.get(functionName) ?? 0
  }

  /** A warm environment or a new one, for one invocation; give it back with `release`. Rejects with TooManyRequests. */
  async acquire(model: FunctionModel): Promise<EnvironmentProcess> {
    if (this.#stopped) throw shuttingDown()
    if (!this.#isWithinReservation(model)) {
      throw new TooManyRequests('ReservedFunctionConcurrentInvocationLimitExceeded')
    }
    this.#claims.set(model.name, this.claimed(model.name) + 1)
    const environment = this.#waiters.length === 0 ? this.#take(model) : undefined
    return environment ?? this.#wait(model)
  }

  release(environment: EnvironmentProcess): void {
    if (environment.isUsable) {
      const timer = setTimeout(() => this.#retire(environment), idleMs)
      timer.unref()
      this.#idle.set(environment, timer)
    } else {
      // Its process may take a moment to go; its place is free at once.
      this.#retire(environment)
    }
    this.#unclaim(environment.model)
  }

  /** Resolves when an invocation of the function could begin at once, or `signal` is aborted. */
  async whenRoom(model: FunctionModel, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#hasRoom(model)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiter = { model, settle: () => resolve() }
    this.#roomWaiters.push(waiter)
    signal.addEventListener('abort', waiter.settle)
    await promise
    signal.removeEventListener('abort', waiter.settle)
    this.#roomWaiters = this.#roomWaiters.filter((other) => other !== waiter)
  }

  /** Ends the environments of a function, busy ones after their invocation. */
  retire(functionName: string): void {
    for (const environment of this.#live) {
      if (environment.model.name !== functionName) continue
      if (this.#idle.has(environment)) this.#retire(environment)
      else environment.retireAfterInvocation()
    }
  }

  /** Kills everything and resolves when it is gone; nothing starts from now on. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const waiter of this.#waiters) waiter.refuse(shuttingDown())
    for (const environment of this.#processes) environment.kill('stopped')
    await Promise.all([...this.#processes].map(({ exited }) => exited))
  }

  #isWithinReservation({ name, reservedConcurrency }: FunctionModel): boolean {
    return reservedConcurrency === null || this.claimed(name) < reservedConcurrency
  }

  #hasRoom(model: FunctionModel): boolean {
    const place = this.#live.size < this.#limit || this.#idle.size > 0
    return place && this.#waiters.length === 0 && this.#isWithinReservation(model)
  }

  #take(model: FunctionModel): EnvironmentProcess | undefined {
    // The most recently used first, so that a surplus grows old and retires.
    const warm = [...this.#idle.keys()].findLast((one) => one.model === model && one.isUsable)
    if (warm) {
      clearTimeout(this.#idle.get(warm))
      this.#idle.delete(warm)
      return warm
    }
    if (this.#live.size >= this.#limit) {
      const [oldest] = this.#idle.keys()
      if (!oldest) return undefined
      this.#retire(oldest)
    }
    const environment = this.#start(model)
    this.#processes.add(environment)
    this.#live.add(environment)
    void environment.exited.then(() => {
      this.#processes.delete(environment)
      this.#forget(environment)
      this.#wake()
    })
    return environment
  }

  async #wait(model: FunctionModel): Promise<EnvironmentProcess> {
    const { promise, resolve, reject } = Promise.withResolvers<EnvironmentProcess>()
    const refuse = (error: Error) => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter)
      this.#unclaim(model)
      reject(error)
    }
    const waiter: Waiter = { model, settle: resolve, refuse }
    this.#waiters.push(waiter)
    const timer = setTimeout(() => refuse(new TooManyRequests('ConcurrentInvocationLimitExceeded')), patienceMs)
    return promise.finally(() => clearTimeout(timer))
  }

  #retire(environment: EnvironmentProcess): void {
    environment.kill('retired')
    this.#forget(environment)
  }

  #forget(environment: EnvironmentProcess): void {
    clearTimeout(this.#idle.get(environment))
    this.#idle.delete(environment)
    this.#live.delete(environment)
  }

  #unclaim(model: FunctionModel): void {
    this.#claims.set(model.name, this.claimed(model.name) - 1)
    this.#wake()
  }

  #wake(): void {
    if (this.#stopped) return
    for (let waiter = this.#waiters[0]; waiter; waiter = this.#waiters[0]) {
      const environment = this.#take(waiter.model)
      if (!environment) break
      this.#waiters.shift()
      waiter.settle(environment)
    }
    for (const waiter of this.#roomWaiters) if (this.#hasRoom(waiter.model)) waiter.settle()
  }
}
