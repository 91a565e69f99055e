import type { InvocationHook, InvocationMoment } from '../compute/invocation-hook.ts'
import type { ServiceCall } from '../services/service.ts'
import { ConnectionReset } from '../services/service-error.ts'
import type { WorkerStep } from './fault-plan.ts'
import { type Faults, fits } from './faults.ts'

type Moment = Extract<InvocationMoment, { kill: unknown }>

interface RunningInvocation {
  readonly moment: Moment
  saves: number
  files: number
}

/**
 * The invocations under way, known by the trace id that a function sends with its calls. Where an invocation stands is
 * seen from outside: by the calls that it makes.
 */
export class Invocations {
  readonly #faults: Faults
  readonly #running = new Map<string, RunningInvocation>()

  constructor(faults: Faults) {
    this.#faults = faults
  }

  /** For the compute. */
  readonly hook: InvocationHook = (moment) => {
    switch (moment.phase) {
      case 'before-invocation':
        this.#running.set(moment.traceId, { moment, saves: 0, files: 0 })
        this.#die(moment, 'before-start')
        return
      case 'after-invocation': {
        this.#running.delete(moment.traceId)
        if (this.#die(moment, 'before-acknowledge')) throw new Error('A fault was injected: nobody hears the answer.')
        return
      }
    }
  }

  /** The name of the calling function, or `outside`. */
  callerOf(call: ServiceCall): string {
    return this.#of(call)?.moment.function ?? 'outside'
  }

  /** @throws ConnectionReset if the caller dies of a fault now */
  beforeCall(call: ServiceCall): void {
    const running = this.#of(call)
    if (running === undefined) return
    if (isFile(call) && running.files === 0) this.#dieCalling(running, 'after-decode')
    if (call.service === 'sns' && call.operation === 'Publish') this.#dieCalling(running, 'before-publish')
  }

  /** @throws ConnectionReset if the caller dies of a fault now */
  afterCall(call: ServiceCall): void {
    const running = this.#of(call)
    if (running === undefined) return
    if (isFile(call)) {
      running.files += 1
      this.#dieCalling(running, 'after-rendition')
    }
    if (call.service === 'dynamodb' && call.operation === 'PutItem') {
      running.saves += 1
      if (running.saves === 1) this.#dieCalling(running, 'after-lease')
      this.#dieCalling(running, 'after-save')
    }
  }

  #of({ traceId }: ServiceCall): RunningInvocation | undefined {
    return traceId === null ? undefined : this.#running.get(traceId)
  }

  #dieCalling({ moment }: RunningInvocation, step: WorkerStep): void {
    if (this.#die(moment, step)) throw new ConnectionReset('A fault was injected: the caller is dead.')
  }

  #die(moment: Moment, step: WorkerStep): boolean {
    const what = `${moment.function} ${moment.requestId} ${step}`
    const rule = this.#faults.strike('worker', what, (candidate) => {
      return candidate.step === step && fits(candidate.function, moment.function)
    })
    if (rule === null) return false
    moment.kill(rule.effect)
    return true
  }
}

const isFile = (call: ServiceCall): boolean => call.service === 's3' && call.operation === 'PutObject'
