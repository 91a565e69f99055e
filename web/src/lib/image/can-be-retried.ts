import type { Image } from '@glowworm/events/image'
import { faultsOfFiles, type ImageErrorCode } from '@glowworm/events/vocabulary'

/** Everything else may pass, or be mended in storage. */
const lasting: ReadonlySet<ImageErrorCode> = new Set(faultsOfFiles)

/** Whether processing the photo again can end in another way than it did. */
export function canBeRetried({ processing_status: status, processing_error: error }: Image): boolean {
  return status === 'failed' && (error === null || !lasting.has(error.code))
}
