/** Counts since the start of the compute. */
export interface FunctionStatistics {
  /** Begun; throttled ones are not among them. */
  readonly invocations: number
  /** Of them, those without a regular answer: all that follow and what the function threw. */
  readonly errors: number
  readonly timeouts: number
  readonly crashes: number
  readonly outOfMemory: number
  readonly throttles: number
  readonly coldStarts: number
  readonly running: number
  readonly peakConcurrency: number
}

export type MutableStatistics = { -readonly [Key in keyof FunctionStatistics]: number }

export function emptyStatistics(): MutableStatistics {
  return {
    invocations: 0,
    errors: 0,
    timeouts: 0,
    crashes: 0,
    outOfMemory: 0,
    throttles: 0,
    coldStarts: 0,
    running: 0,
    peakConcurrency: 0,
  }
}
