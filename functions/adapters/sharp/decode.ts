import { limits } from '@glowworm/events/vocabulary'
import { ImageError } from '../../core/errors.ts'
import type { Size } from '../../core/image-header/picture-header.ts'
import { sharp } from './load-sharp.ts'
import { type Raster, toRaster } from './raster.ts'
import type { Header } from './read-header.ts'

/**
 * The first frame or page as 8-bit sRGB, in stored orientation: turning the finished renditions costs less than turning
 * the original.
 *
 * @param options.size In stored orientation: scaled to it while decoding, which a JPEG decoder does nearly for nothing.
 * @throws ImageError `corrupt_image`
 */
export async function decode(
  original: Uint8Array,
  header: Header,
  { size, keepAlpha }: { readonly size: Size; readonly keepAlpha: boolean },
): Promise<Raster> {
  const pipeline = sharp(original, {
    // Lesser strictness shows half a picture, or garbage, as if it were whole.
    failOn: 'warning',
    limitInputPixels: limits.pixels,
    sequentialRead: true,
    ignoreIcc: header.colour === 'none',
  }).resize(size.width, size.height, { fit: 'fill' })
  if (header.hasAlpha && !keepAlpha) pipeline.flatten({ background: 'white' })
  // sharp takes deep colours to Display P3 to work on them, and leaves them there unless told where to go.
  if (header.colour === 'deep-profile') pipeline.withIccProfile('srgb')
  try {
    return await toRaster(pipeline)
  } catch (cause) {
    throw new ImageError('corrupt_image', 'The picture cannot be decoded: it is damaged or incomplete.', { cause })
  }
}
