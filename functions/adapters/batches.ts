import { ImageError } from '../core/errors.ts'

export function batchesOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
}

const attempts = 6
const firstDelayMs = 25

/**
 * Calls until nothing is left over. A batch call succeeds even if the table was too busy for a part of it; that part
 * is left to the caller.
 * @throws ImageError `storage_unavailable` if something is left after several attempts
 */
export async function untilProcessed<Request, Result>(
  requests: readonly Request[],
  call: (requests: Request[]) => Promise<{ readonly done: readonly Result[]; readonly left: readonly Request[] }>,
): Promise<Result[]> {
  const results: Result[] = []
  let open = [...requests]
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await pause(Math.random() * firstDelayMs * 2 ** attempt)
    const { done, left } = await call(open)
    results.push(...done)
    open = [...left]
    if (open.length === 0) return results
  }
  throw new ImageError('storage_unavailable', `${open.length} items were left over after ${attempts} attempts.`)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
