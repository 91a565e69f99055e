import type { Image } from '@glowworm/events/image'
import type { ImageErrorCode } from '@glowworm/events/vocabulary'

/** What may pass, or be mended in storage; everything else is in the file itself, and stays there. */
const passing: ReadonlySet<ImageErrorCode> = new Set([
  'original_missing',
  'storage_unavailable',
  'worker_crashed',
  'internal_error',
])

/** Whether processing the photo again can end in another way than it did. */
export function canBeRetried({ processing_status: status, processing_error: error }: Image): boolean {
  return status === 'failed' && (error === null || passing.has(error.code))
}
