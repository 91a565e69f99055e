import { randomInt } from 'node:crypto'
import sharp from 'sharp'

export interface PictureOptions {
  readonly width?: number
  readonly height?: number
  readonly format?: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff'
  /** EXIF orientation of the stored pixels. */
  readonly orientation?: number
  /** Writes coordinates into the EXIF block. */
  readonly gps?: boolean
  /** Two pictures with the same seed have the same bytes. */
  readonly seed?: number
}

/** A picture of our own making: a soft gradient whose colours come from the seed, so that each has its own hash. */
export async function makePicture(options: PictureOptions = {}): Promise<Buffer> {
  const { width = 640, height = 480, format = 'jpeg', orientation, gps = false, seed = randomInt(2 ** 31) } = options
  const pixels = Buffer.alloc(64 * 64 * 3)
  for (let y = 0; y < 64; y++) {
    for (let x = 0; x < 64; x++) {
      pixels[(y * 64 + x) * 3] = (x * 4 + seed) & 255
      pixels[(y * 64 + x) * 3 + 1] = (y * 4 + (seed >>> 8)) & 255
      pixels[(y * 64 + x) * 3 + 2] = (((x + y) << 1) + (seed >>> 16)) & 255
    }
  }
  let picture = sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } }).resize(width, height, { fit: 'fill' })
  if (gps) {
    picture = picture.withExif({
      IFD3: {
        GPSLatitudeRef: 'N',
        GPSLatitude: '51/1 23/1 375/10',
        GPSLongitudeRef: 'W',
        GPSLongitude: '0/1 7/1 4125/100',
      },
      IFD0: { Make: 'Glowworm', Model: 'Factory', ImageDescription: String(seed) },
    })
  } else {
    picture = picture.withExif({ IFD0: { ImageDescription: String(seed) } })
  }
  if (orientation !== undefined) picture = picture.withMetadata({ orientation })
  return picture.toFormat(format).toBuffer()
}
