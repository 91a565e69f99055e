import { isPassing, Unreachable } from '#lib/api/errors.ts'

const attempts = 6
const firstPauseMs = 500
const longestPauseMs = 20_000

export interface RetryTimes {
  /** Ends after so many milliseconds, or with the reason of `signal`. */
  pause(ms: number, signal: AbortSignal): Promise<void>
  /** Ends as soon as the server is known to answer; at once unless it is known not to. */
  whenReachable(signal: AbortSignal): Promise<void>
  /** Whether the server answers now. */
  answers(): Promise<boolean>
  /** 0 to 1. */
  random(): number
}

/**
 * Repeats what fails for reasons that pass, after jittered pauses that grow. While the server is away altogether it
 * waits, which takes no attempt.
 */
export async function withRetries<Result>(
  act: () => Promise<Result>,
  times: RetryTimes,
  signal: AbortSignal,
): Promise<Result> {
  for (let attempt = 1; ; ) {
    await times.whenReachable(signal)
    try {
      return await act()
    } catch (error) {
      signal.throwIfAborted()
      if (!isPassing(error)) throw error
      if (error instanceof Unreachable && !(await times.answers())) continue
      if (attempt === attempts) throw error
      const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1))
      attempt++
      await times.pause(longest * (0.5 + times.random() / 2), signal)
    }
  }
}

export const pause: RetryTimes['pause'] = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
