import type { ImageFormat } from '@glowworm/events/vocabulary'
import { ImageError } from '../errors.ts'
import { checkPixels } from '../pixel-limit.ts'
import type { ByteSource } from '../ports.ts'
import { readAvifHeader } from './avif.ts'
import { readGifHeader } from './gif.ts'
import { type ByteRange, blamesTheBytes, corrupt, HeaderReader } from './header-reader.ts'
import { readJpegHeader } from './jpeg.ts'
import type { PictureHeader, Size } from './picture-header.ts'
import { readPngHeader } from './png.ts'
import { nameOfUnsupported, sniffFormat } from './sniff-format.ts'
import { readTiffHeader } from './tiff.ts'
import { readWebpHeader } from './webp.ts'

export interface ImageHeader {
  readonly format: ImageFormat
  /** As stored, in pixels. */
  readonly width: number
  readonly height: number
  /** EXIF orientation of the stored picture, 1 to 8; 1 where the format has none. */
  readonly orientation: number
  readonly uprightWidth: number
  readonly uprightHeight: number
  /** The EXIF tags that are of use, as a TIFF structure of a few kilobytes; null if there are none. */
  readonly exifBlock: Uint8Array | null
}

const headerReaders: Readonly<Record<ImageFormat, (file: ByteRange) => Promise<PictureHeader>>> = {
  jpeg: readJpegHeader,
  png: readPngHeader,
  webp: readWebpHeader,
  gif: readGifHeader,
  avif: readAvifHeader,
  tiff: readTiffHeader,
}

const supported = 'JPEG, PNG, WebP, GIF, AVIF or TIFF'

/**
 * What a file is and how large its picture is, decided by its bytes alone and without decoding any pixel. Reads 64 KiB
 * and, where the header is long or stands elsewhere, a handful of further ranges: never more for a larger file.
 * @throws ImageError `unsupported_format`, `corrupt_image` (as far as the header shows it) or `image_too_large`
 */
export async function readImageHeader(source: ByteSource): Promise<ImageHeader> {
  const file = await HeaderReader.open(source)
  if (file.size === 0) throw new ImageError('unsupported_format', `The file is empty. Choose a ${supported} picture.`)
  const format = sniffFormat(file.head)
  if (format === null) throw notSupported(file.head)
  const picture = await readPicture(format, file)
  const upright = picture.upright ?? turned(picture, picture.orientation)
  checkNotEmpty(picture)
  checkPixels(format, picture)
  return {
    format,
    width: picture.width,
    height: picture.height,
    orientation: picture.orientation,
    uprightWidth: upright.width,
    uprightHeight: upright.height,
    exifBlock: picture.exifBlock,
  }
}

async function readPicture(format: ImageFormat, file: HeaderReader): Promise<PictureHeader> {
  try {
    return await headerReaders[format](file)
  } catch (error) {
    if (error instanceof ImageError || !blamesTheBytes(error)) throw error
    throw corrupt(`its ${format.toUpperCase()} header contradicts itself`, { cause: error })
  }
}

/** Orientations 5 to 8 lie on their side. */
const turned = ({ width, height }: Size, orientation: number): Size =>
  orientation >= 5 ? { width: height, height: width } : { width, height }

function checkNotEmpty({ width, height }: Size): void {
  if (!(width >= 1 && height >= 1)) throw corrupt(`its header says that it has ${width} x ${height} pixels`)
}

function notSupported(head: Uint8Array): ImageError {
  const found = nameOfUnsupported(head)
  return new ImageError(
    'unsupported_format',
    `Expected a ${supported} picture, found ${found}. Export it as one of these, and upload that.`,
  )
}
