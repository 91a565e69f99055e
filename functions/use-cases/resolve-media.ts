import { imageId } from '@glowworm/events/vocabulary'
import { RequestError } from '../core/errors.ts'
import { presentImage } from '../core/image-record.ts'
import type { Images } from '../core/ports.ts'

/** What a name without an extension stands for: the first of these that there is. */
const extensions = ['jpg', 'webp', 'avif'] as const

/**
 * The immutable URL behind a short stable one.
 * @param name of a rendition, with or without its extension: `1080x1920`, `1080x1920.webp`, `600`
 * @throws RequestError `not_found`
 */
export async function resolveMedia(images: Images, id: string, name: string): Promise<string> {
  const record = imageId.safeParse(id).success ? await images.get(id) : null
  if (record !== null && record.deleted_at === null) {
    const { renditions } = presentImage(record)
    for (const candidate of [name, ...extensions.map((extension) => `${name}.${extension}`)]) {
      if (Object.hasOwn(renditions, candidate) && renditions[candidate]) return renditions[candidate].url
    }
  }
  throw new RequestError(404, 'not_found', `There is no rendition "${name}" of such an image, or not yet.`)
}
