import { setTimeout as wait } from 'node:timers/promises'
import { Refused, Unreachable } from '../client/api-client.ts'

/**
 * Does something until there is an answer that means it: as people do, who press the button again. What may pass is a
 * fault of the server, or no server at all.
 * @throws Refused with the server's final answer; whatever still fails at the deadline
 */
export async function persist<Result>(act: () => Promise<Result>, deadline: number): Promise<Result> {
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (!mayPass(error) || Date.now() > deadline) throw error
      await wait(300)
    }
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof Refused) return error.status >= 500 || error.status === 429
  // `fetch` says so little of a connection that broke in the middle of an answer.
  return error instanceof Unreachable || error instanceof TypeError
}
