/** How Lambda words a failed invocation, for the caller and for the log. */
export interface FunctionFailure {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace?: readonly string[]
}

/** Anything can be thrown; what is not an `Error` is named by its JavaScript type. */
export function failureOf(thrown: unknown): FunctionFailure {
  if (thrown instanceof Error) {
    return { errorType: thrown.name, errorMessage: thrown.message, trace: thrown.stack?.split('\n') ?? [] }
  }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] }
}

export function timeoutFailure(requestId: string, timeoutSeconds: number): FunctionFailure {
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
  }
}

export function outOfMemoryFailure(requestId: string): FunctionFailure {
  return {
    errorType: 'Runtime.OutOfMemory',
    errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
  }
}

const signalNames: Readonly<Record<string, string>> = {
  SIGKILL: 'killed',
  SIGABRT: 'aborted',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
}

/** The process ended by itself, or somebody else ended it. */
export function exitFailure(requestId: string, code: number | null, signal: NodeJS.Signals | null): FunctionFailure {
  let reason = 'Runtime exited without providing a reason'
  if (signal !== null) reason = `Runtime exited with error: signal: ${signalNames[signal] ?? signal}`
  else if (code !== 0) reason = `Runtime exited with error: exit status ${code}`
  return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${reason}` }
}
