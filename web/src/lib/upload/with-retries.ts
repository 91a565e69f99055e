import { isPassing } from '#lib/api/errors.ts'

const attempts = 6
const firstPauseMs = 500
const longestPauseMs = 20_000

export interface RetryTimes {
  /** Ends after so many milliseconds, or with the reason of `signal`. */
  pause(ms: number, signal: AbortSignal): Promise<void>
  /** Ends as soon as there is a network; at once if there is one. */
  whenOnline(signal: AbortSignal): Promise<void>
  /** 0 to 1. */
  random(): number
}

/**
 * Repeats what fails for reasons that pass, after jittered pauses that grow. Without a network it waits for one,
 * which takes no attempt.
 */
export async function withRetries<Result>(
  act: () => Promise<Result>,
  times: RetryTimes,
  signal: AbortSignal,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    await times.whenOnline(signal)
    try {
      return await act()
    } catch (error) {
      signal.throwIfAborted()
      if (!isPassing(error) || attempt === attempts) throw error
      const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1))
      await times.pause(longest * (0.5 + times.random() / 2), signal)
    }
  }
}

export const browserTimes: RetryTimes = {
  pause: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(signal.reason)
      })
    }),
  whenOnline: (signal) =>
    navigator.onLine
      ? Promise.resolve()
      : new Promise((resolve, reject) => {
          addEventListener('online', () => resolve(), { once: true, signal })
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
  random: Math.random,
}
