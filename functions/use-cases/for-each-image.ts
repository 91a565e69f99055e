import type { BulkResult, HttpErrorCode } from '@glowworm/events/http-api'
import { ImageError, RequestError } from '../core/errors.ts'
import type { Log } from '../core/ports.ts'

/** Images that are worked on at the same time. */
const parallel = 10

/** Does the same with each image; one that fails stops no other. Results are in the order of the ids, each id once. */
export async function forEachImage(
  ids: readonly string[],
  act: (id: string) => Promise<unknown>,
  log: Log,
): Promise<BulkResult[]> {
  const results = new Map<string, BulkResult>(ids.map((id) => [id, { id, status: 'done' }]))
  const waiting = [...results.keys()].values()
  const workOff = async () => {
    for (const id of waiting) {
      try {
        await act(id)
      } catch (error) {
        results.set(id, { id, status: 'failed', error: presentError(id, error, log) })
      }
    }
  }
  await Promise.all(Array.from({ length: parallel }, workOff))
  return [...results.values()]
}

function presentError(id: string, error: unknown, log: Log): { code: HttpErrorCode; message: string } {
  if (error instanceof RequestError) return { code: error.code, message: error.message }
  log.error('One image of a bulk call failed', { image_id: id, error })
  if (error instanceof ImageError && error.disposition === 'retry') {
    return { code: 'service_unavailable', message: 'Storage did not answer. Try again soon.' }
  }
  return { code: 'internal_error', message: 'Something went wrong on our side. Try again.' }
}
