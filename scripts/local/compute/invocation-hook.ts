/** A step of an invocation, as the fault injection of the local cloud sees it. */
export interface InvocationMoment {
  readonly function: string
  readonly requestId: string
  /**
   * Before the handler runs; after it has answered, before anybody knows; and, for messages, before they are deleted
   * from their queue.
   */
  readonly phase: 'before-invocation' | 'after-invocation' | 'before-acknowledgement'
  /** Of the environment that runs the function. */
  readonly pid: number | null
}

/**
 * Awaited at every moment: may delay by taking its time, kill the environment by its pid, or throw. Throwing fails the
 * step: the function does not run, its answer is lost, its message is not deleted and will be delivered again.
 */
export type InvocationHook = (moment: InvocationMoment) => void | Promise<void>
