import { imageDeleted } from '../core/events-of-image.ts'
import { markDeleted } from '../core/image-lifecycle.ts'
import type { Ambient, Images, Originals, Renditions, Updates } from '../core/ports.ts'
import { changeRecord } from './change-record.ts'
import { imageNotFound } from './existing-image.ts'

export interface DeleteImagePorts {
  readonly images: Images
  readonly originals: Originals
  readonly renditions: Renditions
  readonly updates: Updates
  readonly ambient: Ambient
}

/**
 * Deletes the image with everything that belongs to it. The tombstone comes first and goes last, so a deletion that
 * breaks off anywhere is finished by asking for it again; only then does nothing hold the id any more.
 * @throws RequestError `not_found`
 */
export async function deleteImage(ports: DeleteImagePorts, id: string): Promise<void> {
  const known = await ports.images.get(id)
  if (known === null) throw imageNotFound()
  const tombstone = await changeRecord(ports.images, known, (record) => markDeleted(record, ports.ambient.now()))
  // Another deletion of the same image, a moment ahead, has finished.
  if (tombstone === null) return
  await Promise.all([ports.renditions.deleteAll(id), ports.originals.delete(tombstone.original_key)])
  await ports.updates.publish(imageDeleted(tombstone, ports.ambient))
  await ports.images.remove(id)
}
