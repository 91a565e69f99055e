/** What the compute says to one execution environment, over the IPC channel between the two processes. */
export interface InvokeMessage {
  readonly requestId: string
  readonly functionArn: string
  /** As X-Ray writes it: `Root=…;Parent=…;Sampled=0`. */
  readonly traceId: string
  /** JSON text. */
  readonly payload: string
  /** Epoch milliseconds, by the clock of the environment. */
  readonly deadline: number
  /** By how much that clock is ahead of the machine's. */
  readonly clockAheadMs: number
}

/** What an execution environment says back. */
export type EnvironmentMessage =
  /** The module is loaded; invocations may come. */
  | { readonly kind: 'ready' }
  /** The module could not be loaded; the environment exits. */
  | { readonly kind: 'init-failed'; readonly payload: string; readonly residentBytes: number }
  | {
      readonly kind: 'answer'
      readonly requestId: string
      readonly failed: boolean
      /** JSON text: what the handler returned, or `{errorType, errorMessage, trace}`. */
      readonly payload: string
      readonly residentBytes: number
      /** The environment exits after this answer, as after an uncaught exception. */
      readonly last: boolean
    }
  /** Something an earlier invocation left behind has failed; the environment is good for no further invocation. */
  | { readonly kind: 'spoiled' }
