import { type ByteRange, blamesTheBytes, characters, rangeOf } from './header-reader.ts'
import { readDirectory, readFirstDirectory, readInteger, type TiffDirectory } from './tiff-directory.ts'

const orientationTag = 0x0112
const exifPointer = 0x8769
const gpsPointer = 0x8825

/**
 * The tags that are kept, in ascending order: those that the EXIF policy reads. Names of owners, serial numbers,
 * maker notes and embedded thumbnails are never copied.
 */
const cameraTags = [0x010f /* Make */, 0x0110 /* Model */]
const exposureTags = [
  0x829a /* ExposureTime */, 0x829d /* FNumber */, 0x8827 /* ISO */, 0x9003 /* DateTimeOriginal */,
  0x9004 /* DateTimeDigitized */, 0x9011 /* OffsetTimeOriginal */, 0x9012 /* OffsetTimeDigitized */,
  0x920a /* FocalLength */, 0xa434 /* LensModel */,
]
const positionTags = [1 /* LatitudeRef */, 2, 3 /* LongitudeRef */, 4, 5 /* AltitudeRef */, 6]

/** No text or number that is of use is longer, in bytes. */
const maxValueBytes = 1024
/** Types 1 to 12 are those of classic TIFF; what came later is in no tag that is kept. */
const lastType = 12

interface Tag {
  readonly tag: number
  readonly type: number
  readonly count: number
  readonly value: Uint8Array
}

export interface ExifFacts {
  /** 1 to 8. */
  readonly orientation: number
  /** The kept tags as a TIFF structure of their own; null if there are none. */
  readonly exifBlock: Uint8Array | null
}

/** What the EXIF of a picture says. Broken EXIF says nothing; it never makes a picture unfit. */
export async function readExifBlock(tiff: ByteRange | null): Promise<ExifFacts> {
  const directory = tiff && (await unlessBroken(() => readFirstDirectory(tiff), null))
  if (tiff === null || directory === null) return { orientation: 1, exifBlock: null }
  return readExifOf(tiff, directory)
}

/** As `readExifBlock`, of a structure of which IFD0 has been read. */
export async function readExifOf(tiff: ByteRange, ifd0: TiffDirectory): Promise<ExifFacts> {
  const orientation = await unlessBroken(() => readInteger(tiff, ifd0, orientationTag), null)
  const camera = await copyTags(tiff, ifd0, cameraTags)
  const exposure = await copyTags(tiff, await subDirectory(tiff, ifd0, exifPointer), exposureTags)
  const position = await copyTags(tiff, await subDirectory(tiff, ifd0, gpsPointer), positionTags)
  const isEmpty = camera.length + exposure.length + position.length === 0
  return {
    orientation: orientation !== null && orientation >= 1 && orientation <= 8 ? orientation : 1,
    exifBlock: isEmpty ? null : writeTiff(ifd0.layout.littleEndian, camera, exposure, position),
  }
}

/** Some writers put the prefix of a JPEG segment before the block. */
export async function withoutPrefix(block: ByteRange): Promise<ByteRange> {
  const isPrefixed = block.size >= 6 && characters(await block.view(0, 6), 0, 6) === 'Exif\0\0'
  return isPrefixed ? rangeOf(block, 6) : block
}

async function subDirectory(tiff: ByteRange, ifd0: TiffDirectory, pointer: number): Promise<TiffDirectory | null> {
  return unlessBroken(async () => {
    const offset = await readInteger(tiff, ifd0, pointer)
    return offset === null ? null : await readDirectory(tiff, ifd0.layout, offset)
  }, null)
}

async function copyTags(
  tiff: ByteRange,
  directory: TiffDirectory | null,
  wanted: readonly number[],
): Promise<readonly Tag[]> {
  const tags: Tag[] = []
  for (const tag of wanted) {
    const entry = directory?.entries.get(tag)
    if (entry === undefined || entry.type > lastType || entry.size === 0 || entry.size > maxValueBytes) continue
    const view = await unlessBroken(() => tiff.view(entry.offset, entry.size), null)
    if (view === null) continue
    const value = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    tags.push({ tag, type: entry.type, count: entry.count, value })
  }
  return tags
}

async function unlessBroken<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (blamesTheBytes(error)) return otherwise
    throw error
  }
}

/** A classic TIFF structure of three directories, byte order as in the original so that values are copied as they are. */
function writeTiff(
  littleEndian: boolean,
  camera: readonly Tag[],
  exposure: readonly Tag[],
  position: readonly Tag[],
): Uint8Array {
  const directoryBytes = (entries: number) => 2 + 12 * entries + 4
  const ifd0At = 8
  const exifAt = ifd0At + directoryBytes(camera.length + 2)
  const gpsAt = exifAt + directoryBytes(exposure.length)
  let valuesAt = gpsAt + directoryBytes(position.length)
  const tags = [...camera, ...exposure, ...position]
  const bytes = new Uint8Array(valuesAt + tags.reduce((sum, { value }) => sum + value.length + 1, 0))
  const view = new DataView(bytes.buffer)

  const pointer = (tag: number, offset: number): Tag => {
    const value = new Uint8Array(4)
    new DataView(value.buffer).setUint32(0, offset, littleEndian)
    return { tag, type: 4, count: 1, value }
  }
  const writeDirectory = (offset: number, entries: readonly Tag[]) => {
    view.setUint16(offset, entries.length, littleEndian)
    entries.forEach(({ tag, type, count, value }, index) => {
      const at = offset + 2 + 12 * index
      view.setUint16(at, tag, littleEndian)
      view.setUint16(at + 2, type, littleEndian)
      view.setUint32(at + 4, count, littleEndian)
      if (value.length <= 4) {
        bytes.set(value, at + 8)
        return
      }
      view.setUint32(at + 8, valuesAt, littleEndian)
      bytes.set(value, valuesAt)
      valuesAt += value.length + (value.length & 1)
    })
  }

  bytes.set(littleEndian ? [0x49, 0x49, 42, 0] : [0x4d, 0x4d, 0, 42])
  view.setUint32(4, ifd0At, littleEndian)
  writeDirectory(ifd0At, [...camera, pointer(exifPointer, exifAt), pointer(gpsPointer, gpsAt)])
  writeDirectory(exifAt, exposure)
  writeDirectory(gpsAt, position)
  return bytes
}
