import { type ImageFormat, limits } from '@glowworm/events/vocabulary'
import { ImageError } from './errors.ts'
import type { Size } from './image-header/picture-header.ts'

/**
 * The product is a float64, which cannot overflow: 65536 x 65536 is not 0 here, as it is in 32 bits.
 * @param size as stored
 * @throws ImageError `image_too_large`, with the limit of this format
 */
export function checkPixels(format: ImageFormat, { width, height }: Size): void {
  const pixels = format === 'avif' ? limits.avifPixels : limits.pixels
  if (width <= limits.sidePixels && height <= limits.sidePixels && width * height <= pixels) return
  const isFineElsewhere = format === 'avif' && width * height <= limits.pixels
  const remedy = isFineElsewhere ? 'Make it smaller, or save it as JPEG, and' : 'Make it smaller, and'
  throw new ImageError(
    'image_too_large',
    `The picture has ${width} x ${height} pixels; at most ${limits.sidePixels} a side and ${pixels / 1e6} million in all ` +
      `can be processed${format === 'avif' ? ' of an AVIF picture' : ''}. ${remedy} upload that.`,
  )
}
