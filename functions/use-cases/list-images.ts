import type { ImagePage, ListImagesQuery } from '@glowworm/events/http-api'
import { presentImage } from '../core/image-record.ts'
import type { Images } from '../core/ports.ts'

/** One page. @throws RequestError `invalid_request` for a cursor of another query */
export async function listImages(images: Images, query: ListImagesQuery): Promise<ImagePage> {
  const { records, cursor } = await images.list({
    status: query.status ?? null,
    text: query.q?.toLowerCase() ?? null,
    sort: query.sort,
    limit: query.limit,
    cursor: query.cursor ?? null,
  })
  return { items: records.map(presentImage), next_cursor: cursor }
}
