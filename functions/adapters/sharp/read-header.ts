import type { Metadata } from 'sharp'
import { ImageError } from '../../core/errors.ts'
import type { Size } from '../../core/image-header/picture-header.ts'
import { sniffFormat } from '../../core/image-header/sniff-format.ts'
import { checkPixels } from '../../core/pixel-limit.ts'
import { sharp } from './load-sharp.ts'
import { type Placement, placementOf, turned } from './placement.ts'
import { isSrgbProfile } from './srgb-profile.ts'

/** What the decoder needs to know before it begins. */
export interface Header {
  readonly stored: Size
  readonly upright: Size
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number
  readonly placement: Placement
  readonly isJpeg: boolean
  readonly isProgressive: boolean
  readonly hasAlpha: boolean
  readonly colour: ColourConversion
}

/**
 * What turns the stored colours into sRGB:
 * - `none`: they are sRGB; an embedded profile need not be applied
 * - `profile`: the embedded or implied profile
 * - `deep-profile`: likewise, with more than 8 bits per channel
 */
export type ColourConversion = 'none' | 'profile' | 'deep-profile'

/** @throws ImageError `unsupported_format`, `corrupt_image` or `image_too_large` */
export async function readHeader(original: Uint8Array): Promise<Header> {
  const format = sniffFormat(original)
  if (format === null) {
    throw new ImageError(
      'unsupported_format',
      'Expected a JPEG, PNG, WebP, GIF, AVIF or TIFF picture, received something else. Export it as one of these.',
    )
  }
  const metadata = await readMetadata(original)
  const stored = { width: metadata.width, height: metadata.height }
  checkPixels(format, stored)
  const orientation = validOrientation(metadata.orientation)
  const placement = placementOf(orientation)
  return {
    stored,
    upright: turned(stored, placement),
    orientation,
    placement,
    isJpeg: metadata.format === 'jpeg',
    isProgressive: metadata.isProgressive === true,
    hasAlpha: metadata.hasAlpha,
    colour: colourConversion(metadata),
  }
}

async function readMetadata(original: Uint8Array): Promise<Metadata> {
  try {
    // Without sharp's own limit: only the header is read, and its numbers say which limit of ours it breaks.
    return await sharp(original, { limitInputPixels: false }).metadata()
  } catch (cause) {
    throw new ImageError('corrupt_image', 'The header of the picture cannot be read: it is damaged or incomplete.', {
      cause,
    })
  }
}

const validOrientation = (orientation = 1): number => (orientation >= 1 && orientation <= 8 ? orientation : 1)

function colourConversion({ space, depth, icc }: Metadata): ColourConversion {
  const isDeep = depth !== 'uchar'
  const isRgb = space === 'srgb' || space === 'rgb16'
  if (isRgb && (icc === undefined || isSrgbProfile(icc))) return 'none'
  return isRgb && isDeep ? 'deep-profile' : 'profile'
}
