import { ImageError } from '../errors.ts'
import { readExifBlock, withoutPrefix } from './exif-block.ts'
import { type ByteRange, corrupt, rangeOf } from './header-reader.ts'
import type { PictureHeader, Size } from './picture-header.ts'

const startOfScan = 0xda
const app1 = 0xe1

/** Codings that some decoder knows: baseline, extended, progressive, lossless; the first three also arithmetic. */
const knownFrames: readonly number[] = [0xc0, 0xc1, 0xc2, 0xc3, 0xc9, 0xca]
/** Differential, hierarchical and reserved codings. */
const unknownFrames: readonly number[] = [0xc5, 0xc6, 0xc7, 0xc8, 0xcb, 0xcd, 0xce, 0xcf]

/** Tables, restart interval, number of lines, application data, comment. */
const isOtherSegment = (marker: number): boolean =>
  [0xc4, 0xcc, 0xdb, 0xdc, 0xdd, 0xfe].includes(marker) || (marker >= 0xe0 && marker <= 0xef)

/** Markers without content: TEM and RST0 to RST7. */
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)

/** Reads segment by segment up to the first scan: as decoders do, so that EXIF behind the frame header counts too. */
export async function readJpegHeader(file: ByteRange): Promise<PictureHeader> {
  let frame: Size | null = null
  let exif: ByteRange | null = null
  let at = 2
  for (;;) {
    const start = await file.view(at, 2)
    if (start.getUint8(0) !== 0xff) throw corrupt('stray bytes stand where a part of a JPEG should begin')
    const marker = start.getUint8(1)
    if (marker === startOfScan) break
    if (marker === 0xff) {
      at += 1
      continue
    }
    if (isBare(marker)) {
      at += 2
      continue
    }
    const isFrame = knownFrames.includes(marker)
    if (unknownFrames.includes(marker)) throw unusual('a coding that hardly any program can read')
    if (!isFrame && !isOtherSegment(marker)) throw corrupt('the JPEG ends, or goes astray, before its picture begins')
    const length = (await file.view(at + 2, 2)).getUint16(0)
    if (isFrame) {
      if (frame !== null) throw corrupt('it has two JPEG frame headers')
      frame = await readFrame(rangeOf(file, at + 4, length - 2))
    }
    // Where there are several, decoders use the first.
    if (marker === app1 && exif === null) exif = await exifOf(rangeOf(file, at + 4, length - 2))
    at += 2 + Math.max(length, 2)
  }
  if (frame === null) throw corrupt('it has no JPEG frame header, which would say how large the picture is')
  return { ...frame, ...(await readExifBlock(exif)) }
}

async function readFrame(segment: ByteRange): Promise<Size> {
  const view = await segment.view(0, 6)
  if (segment.size !== 6 + 3 * view.getUint8(5)) throw corrupt('the length of its JPEG frame header is wrong')
  const bits = view.getUint8(0)
  if (bits !== 8) throw unusual(`${bits} bits per colour instead of 8`)
  return { width: view.getUint16(3), height: view.getUint16(1) }
}

/** Null for the other things that such a segment can hold, XMP before all. */
async function exifOf(segment: ByteRange): Promise<ByteRange | null> {
  const tiff = await withoutPrefix(segment)
  return tiff === segment ? null : tiff
}

const unusual = (found: string): ImageError =>
  new ImageError('unsupported_format', `This JPEG uses ${found}. Save it as an ordinary JPEG, and upload that.`)
