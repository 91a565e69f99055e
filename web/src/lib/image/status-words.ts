import type { ImageState } from '#lib/live/image-states.ts'

/** What to say of an image that something is still to happen to; empty for one that has come to its end. */
export function statusWords({ image, progress }: ImageState): string {
  if (image.processing_status === 'complete' || image.processing_status === 'failed') return ''
  if (image.processing_status === 'pending') return image.next_retry_at === null ? 'Queued' : 'Retrying soon'
  return progress > 0 ? `Generating… ${Math.round(progress)} %` : 'Generating…'
}
