import type { ImageFormat } from '@glowworm/events/vocabulary'
import sharp, { type TiffOptions } from 'sharp'

export interface EncodedPicture {
  readonly format: ImageFormat
  readonly width?: number
  readonly height?: number
  readonly orientation?: number
  readonly tiff?: TiffOptions
}

/** A small picture made by a real encoder, with the EXIF of a camera and a position. */
export async function encodedPicture({
  format,
  width = 64,
  height = 32,
  orientation = 1,
  tiff = {},
}: EncodedPicture): Promise<Buffer> {
  const picture = sharp({ create: { width, height, channels: 3, background: '#f80' } })
    .withMetadata({ orientation })
    .withExifMerge({
      IFD0: { Make: 'Acme', Model: 'Box' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1', GPSLongitudeRef: 'W', GPSLongitude: '0/1 7/1 0/1' },
    })
  return format === 'tiff' ? picture.tiff(tiff).toBuffer() : picture.toFormat(format).toBuffer()
}

/** The size that the decoder gives the upright picture. */
export async function decodedSize(bytes: Uint8Array): Promise<{ uprightWidth: number; uprightHeight: number }> {
  const { info } = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true })
  return { uprightWidth: info.width, uprightHeight: info.height }
}
