import { imageDeleted } from '../core/events-of-image.ts'
import { markDeleted } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
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
  await bury(ports, tombstone)
}

/**
 * Goes on with a deletion that broke off. Marks nothing: the photo may have been sent again since the tombstone was
 * read, and that image is nobody's to delete.
 * @returns whether there was anything left to do
 */
export async function finishDeletion(ports: DeleteImagePorts, { id, revision }: ImageRecord): Promise<boolean> {
  const stored = await ports.images.get(id)
  // A tombstone is not written to any more, and an image that comes after it has a newer revision.
  if (stored === null || stored.deleted_at === null || stored.revision !== revision) return false
  await bury(ports, stored)
  return true
}

async function bury(ports: DeleteImagePorts, tombstone: ImageRecord): Promise<void> {
  await Promise.all([ports.renditions.deleteAll(tombstone.id), ports.originals.delete(tombstone.original_key)])
  await ports.updates.publish(imageDeleted(tombstone, ports.ambient))
  await ports.images.remove(tombstone)
}
