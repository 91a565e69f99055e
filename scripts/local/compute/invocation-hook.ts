/** A step of an invocation, as the fault injection of the local cloud sees it. */
export type InvocationMoment = {
  readonly function: string
  readonly requestId: string
} & (
  | {
      /** Before the handler runs; after it has answered, before anybody knows. */
      readonly phase: 'before-invocation' | 'after-invocation'
      /** Of the environment that runs the function. */
      readonly pid: number | null
      /** What the function sends along with every call that it makes; a new one for each attempt. */
      readonly traceId: string
      /** Ends the environment now, as if for that reason. */
      kill(how: 'crash' | 'out-of-memory' | 'time-out'): void
    }
  /** Before messages are deleted from their queue. */
  | { readonly phase: 'before-acknowledgement' }
)

/**
 * Awaited at every moment: may delay by taking its time, kill the environment, or throw. Throwing fails the step: the
 * function does not run, its answer is lost, its message is not deleted and will be delivered again.
 */
export type InvocationHook = (moment: InvocationMoment) => void | Promise<void>
