import { mimeTypeOf } from '@glowworm/events/vocabulary'
import { readImageHeader } from '../core/image-header/read-image-header.ts'
import type { AcceptedOriginal } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import type { ByteSource } from '../core/ports.ts'

/** The normalised EXIF of a block of tags; null if it holds nothing that can be read. */
export type ReadExif = (block: Uint8Array) => Promise<ImageRecord['exif']>

export type OriginalFacts = Pick<AcceptedOriginal, 'mime_type' | 'width' | 'height' | 'orientation' | 'exif'>

/**
 * What the first bytes of an original tell, whoever sent it and whatever they called it.
 * @throws ImageError `unsupported_format`, `corrupt_image` or `image_too_large`
 */
export async function inspectOriginal(source: ByteSource, readExif: ReadExif): Promise<OriginalFacts> {
  const header = await readImageHeader(source)
  return {
    mime_type: mimeTypeOf[header.format],
    width: header.uprightWidth,
    height: header.uprightHeight,
    orientation: header.orientation,
    exif: header.exifBlock === null ? null : await readExif(header.exifBlock),
  }
}

/** Bytes that are in memory already. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  }
}
