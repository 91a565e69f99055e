import { RequestError } from '../core/errors.ts'
import type { ImageRecord } from '../core/image-record.ts'
import type { Images } from '../core/ports.ts'

/** @throws RequestError `not_found`, also for an image that is being deleted */
export async function existingImage(images: Images, id: string): Promise<ImageRecord> {
  const record = await images.get(id)
  if (record === null || record.deleted_at !== null) throw imageNotFound()
  return record
}

export const imageNotFound = (): RequestError => new RequestError(404, 'not_found', 'There is no image with this id.')
