import type { RetriedFailedResponse } from '@glowworm/events/http-api'
import type { Image } from '@glowworm/events/image'
import { limits } from '@glowworm/events/vocabulary'
import { canBeRetried } from '#lib/image/can-be-retried.ts'

export interface RetryAllPorts {
  /** A page of images that have failed. */
  listFailed(cursor: string | null): Promise<{ readonly items: readonly Image[]; readonly next_cursor: string | null }>
  retryFailed(ids: readonly string[]): Promise<RetriedFailedResponse>
}

export interface RetriedAll {
  /** How many wait to be processed again. */
  readonly queued: number
  readonly refused: readonly { readonly image: Image; readonly reason: string }[]
  /** How many were left alone, as another try would end in the same way. */
  readonly hopeless: number
}

/**
 * Has everything processed again that has failed and may succeed, in as many calls as that takes.
 * @param onProgress how many are through, of how many
 * @throws Refused, Unreachable; what was taken up until then stays so
 */
export async function retryAll(
  ports: RetryAllPorts,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<RetriedAll> {
  const failed = await everyFailed(ports)
  const images = [...failed.values()].filter(canBeRetried)
  const refused: { image: Image; reason: string }[] = []
  for (let from = 0; from < images.length; from += limits.imagesPerBulkCall) {
    onProgress(from, images.length)
    const batch = images.slice(from, from + limits.imagesPerBulkCall)
    const { results } = await ports.retryFailed(batch.map(({ id }) => id))
    for (const { id, error } of results) {
      const image = failed.get(id)
      if (error !== undefined && image !== undefined) refused.push({ image, reason: error.message })
    }
  }
  return { queued: images.length - refused.length, refused, hopeless: failed.size - images.length }
}

async function everyFailed({ listFailed }: RetryAllPorts): Promise<ReadonlyMap<string, Image>> {
  const failed = new Map<string, Image>()
  let cursor: string | null = null
  do {
    const page = await listFailed(cursor)
    for (const image of page.items) failed.set(image.id, image)
    cursor = page.next_cursor
  } while (cursor !== null)
  return failed
}
