import type { FunctionModel } from '../model.ts'
import type { Fleet } from './fleet.ts'
import type { FunctionRunner, Outcome } from './function-runner.ts'
import { TooManyRequests } from './service-errors.ts'

export interface Invoker {
  /** Resolves when an invocation of the function could begin at once, or `signal` is aborted. */
  whenRoom(model: FunctionModel, signal: AbortSignal): Promise<void>
  /**
   * For deliveries: what is throttled is tried again when there is room, until the message would be visible to others.
   * Rejects with TooManyRequests then, and when `signal` is aborted before the function could run.
   */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<Outcome>
}

export interface Delivery {
  readonly model: FunctionModel
  readonly requestId: string
  readonly payload: string
  readonly visibilitySeconds: number
}

export function createInvoker(fleet: Fleet, runner: FunctionRunner): Invoker {
  return {
    whenRoom: (model, signal) => fleet.whenRoom(model, signal),
    async deliver({ model, requestId, payload, visibilitySeconds }, signal) {
      const visibleAt = Date.now() + visibilitySeconds * 1000
      for (;;) {
        try {
          return await runner.run(model, requestId, payload)
        } catch (error) {
          const left = visibleAt - Date.now()
          if (!(error instanceof TooManyRequests) || signal.aborted || left <= 0) throw error
          await fleet.whenRoom(model, AbortSignal.any([signal, AbortSignal.timeout(left)]))
        }
      }
    },
  }
}
