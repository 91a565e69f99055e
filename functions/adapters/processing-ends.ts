import type { UpdateEvent } from '@glowworm/events/update-events'
import type { ProcessingEnd } from '../core/ports.ts'

/** Partition of the events table beside those of the channels: one small item for each end of a processing. */
export const processingEnds = 'processing-ends'

/** As it is stored. An event carries its whole image; this is a twentieth of that, and all that statistics need. */
export type StoredEnd = Pick<ProcessingEnd, 'imageId' | 'revision' | 'status' | 'durationMs'>

/** Null for an event that ends nothing; a failure that is tried again by itself is no end. */
export function endOf(event: UpdateEvent): StoredEnd | null {
  if (event.type === 'image:processing:complete') {
    const { last_processing_attempt: began, processing_completed_at: ended } = event.data.image
    const durationMs = began === null || ended === null ? null : Date.parse(ended) - Date.parse(began)
    return { imageId: event.image_id, revision: event.revision, status: 'complete', durationMs }
  }
  if (event.type !== 'image:processing:failed' || event.data.next_retry_at !== null) return null
  return { imageId: event.image_id, revision: event.revision, status: 'failed', durationMs: null }
}
