import { RequestError } from '../core/errors.ts'
import type { ImageRecord } from '../core/image-record.ts'
import type { Images } from '../core/ports.ts'

export type Creation =
  | { readonly kind: 'created' }
  | { readonly kind: 'duplicate'; readonly image: ImageRecord }
  /** The image of these bytes is being deleted; soon they can be sent anew. */
  | { readonly kind: 'deleting' }

const attempts = 3

/**
 * The one conditional write that decides every race of uploads of the same bytes: one of them creates the record, the
 * others find it. A caller that did not create it deletes the object that it had stored for it.
 */
export async function createRecord(images: Images, record: ImageRecord): Promise<Creation> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await images.create(record)) return { kind: 'created' }
    const existing = await images.get(record.id)
    // No two calls share a job: this is our own write, of which only the answer was lost.
    if (existing?.job_id === record.job_id && existing.deleted_at === null) return { kind: 'created' }
    if (existing !== null) return recordThatExists(existing)
    // It was deleted between the two calls: now the write can succeed.
  }
  throw new RequestError(503, 'service_unavailable', 'This image keeps being created and deleted; try again later.')
}

export function recordThatExists(existing: ImageRecord): Creation {
  return existing.deleted_at === null ? { kind: 'duplicate', image: existing } : { kind: 'deleting' }
}
