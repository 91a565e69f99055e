import type { RetriedFailedResponse } from '@glowworm/events/http-api'

export interface RetriedAll {
  /** How many wait to be processed again. */
  readonly queued: number
  readonly refused: readonly { readonly id: string; readonly reason: string }[]
  /** How many are left that may succeed, as far as the server has seen. */
  readonly remaining: number
}

/**
 * Has everything processed again that has failed and may succeed, in as many calls as that takes: the server chooses.
 * Ends early when a call brings nothing new.
 * @param retryFailed takes up as many as one call may
 * @param onProgress how many are through, of how many
 * @throws Refused, Unreachable; what was taken up until then stays so
 */
export async function retryAll(
  retryFailed: () => Promise<RetriedFailedResponse>,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<RetriedAll> {
  const queued = new Set<string>()
  const refused = new Map<string, string>()
  for (;;) {
    const before = queued.size + refused.size
    const { results, remaining } = await retryFailed()
    for (const { id, error } of results) {
      // The server's list is a moment late: it may name again what waits already.
      if (queued.has(id)) continue
      if (error === undefined) queued.add(id)
      else refused.set(id, error.message)
    }
    const through = queued.size + refused.size
    if (remaining === 0 || through === before) {
      for (const id of queued) refused.delete(id)
      return { queued: queued.size, refused: [...refused].map(([id, reason]) => ({ id, reason })), remaining }
    }
    onProgress(through, through + remaining)
  }
}
