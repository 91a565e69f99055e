import { ImageError } from '../core/errors.ts'
import type { ImageRecord } from '../core/image-record.ts'
import type { Images } from '../core/ports.ts'

const attempts = 10

/**
 * Changes the stored record, and makes the change again from what is stored whenever somebody else wrote first.
 * @param known the record as last read; it may be stale
 * @param change may throw to say that the stored record does not allow the change; answering its argument changes nothing
 * @returns the record as it is stored now; null if it is gone
 * @throws ImageError `storage_unavailable` if others keep writing first
 */
export async function changeRecord(
  images: Images,
  known: ImageRecord,
  change: (stored: ImageRecord) => ImageRecord,
): Promise<ImageRecord | null> {
  let stored: ImageRecord | null = known
  for (let attempt = 0; attempt < attempts && stored !== null; attempt++) {
    const changed = change(stored)
    if (changed === stored || (await images.save(changed, stored.revision))) return changed
    stored = await images.get(known.id)
  }
  if (stored === null) return null
  throw new ImageError('storage_unavailable', `The record was changed by others ${attempts} times in a row.`)
}
