import { readExifBlock, withoutPrefix } from './exif-block.ts'
import { type ByteRange, characters, corrupt, rangeOf } from './header-reader.ts'
import type { PictureHeader, Size } from './picture-header.ts'

const hasExif = 0x08
const isAnimated = 0x02
/** How far from the end of an animation its EXIF chunk is looked for, in bytes. */
const tailBytes = 64 * 1024

interface Chunk {
  readonly type: string
  readonly content: ByteRange
  /** Where the next chunk begins. */
  readonly next: number
}

export async function readWebpHeader(file: ByteRange): Promise<PictureHeader> {
  const announced = 8 + (await file.view(4, 4)).getUint32(0, true)
  if (announced > file.size) {
    throw corrupt(`it says that it has ${announced} bytes, but the file has only ${file.size}`)
  }
  const riff = rangeOf(file, 0, announced)
  const first = await chunkAt(riff, 12)
  if (first.type === 'VP8X') return readExtended(riff, first)
  if (!isImage(first)) throw corrupt('a WebP should begin with its picture, and this one does not')
  return { ...(await imageSize(first)), orientation: 1, exifBlock: null }
}

async function readExtended(riff: ByteRange, header: Chunk): Promise<PictureHeader> {
  const view = await header.content.view(0, 10)
  const flags = view.getUint8(0)
  const canvas = { width: 1 + uint24(view, 4), height: 1 + uint24(view, 7) }
  // Decoders go by the flags: an EXIF chunk without its flag is not there.
  const { image, exif } = await walk(riff, header.next, (flags & hasExif) !== 0)
  if (image === null) throw corrupt('it is a WebP without a picture')
  if ((flags & isAnimated) === 0) {
    const { width, height } = await imageSize(image)
    if (width !== canvas.width || height !== canvas.height) {
      throw corrupt(
        `its picture has ${width} x ${height} pixels, but its header says ${canvas.width} x ${canvas.height}`,
      )
    }
  }
  return { ...canvas, ...(await readExifBlock(exif)) }
}

async function walk(riff: ByteRange, start: number, wantsExif: boolean) {
  let image: Chunk | null = null
  let exif: ByteRange | null = null
  for (let at = start; at + 8 <= riff.size && (image === null || (wantsExif && exif === null)); ) {
    const chunk = await chunkAt(riff, at)
    if (chunk.type === 'EXIF' && wantsExif) exif ??= await withoutPrefix(chunk.content)
    if (chunk.type === 'ANMF') {
      // Of an animation only the ends are read: there may be thousands of frames between them.
      return { image: chunk, exif: exif ?? (wantsExif ? await exifAtEnd(riff, chunk.next) : null) }
    }
    if (isImage(chunk)) image ??= chunk
    at = chunk.next
  }
  return { image, exif }
}

async function chunkAt(riff: ByteRange, at: number): Promise<Chunk> {
  const view = await riff.view(at, 8)
  const length = view.getUint32(4, true)
  if (at + 8 + length > riff.size) throw corrupt('one of its WebP chunks is longer than the file')
  return { type: characters(view, 0, 4), content: rangeOf(riff, at + 8, length), next: at + 8 + length + (length & 1) }
}

const isImage = (chunk: Chunk): boolean => chunk.type === 'VP8 ' || chunk.type === 'VP8L'

async function imageSize(chunk: Chunk): Promise<Size> {
  if (chunk.type === 'VP8L') {
    const view = await chunk.content.view(0, 5)
    const bits = view.getUint32(1, true)
    // Signature, and version 0 in the highest three bits.
    if (view.getUint8(0) !== 0x2f || bits >>> 29 !== 0) throw corrupt('its lossless WebP header is not one')
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
  }
  const view = await chunk.content.view(0, 10)
  const isKeyFrame = (view.getUint8(0) & 1) === 0
  if (!isKeyFrame || uint24(view, 3) !== 0x2a019d) throw corrupt('its lossy WebP header is not one')
  return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff }
}

/** The EXIF chunk of which the chain of chunks leads exactly to the end; what merely looks like one does not. */
async function exifAtEnd(riff: ByteRange, from: number): Promise<ByteRange | null> {
  const evenEnd = riff.size - (riff.size & 1)
  const start = Math.max(from, evenEnd - tailBytes)
  if (start >= riff.size) return null
  const tail = await riff.view(start, riff.size - start)
  const length = tail.byteLength
  // Walked backwards, each possible chunk is looked at once: it leads to the end if the next one does.
  const leadsToEnd = new Uint8Array(length + 2)
  leadsToEnd[length + (length & 1)] = 1
  let exif: ByteRange | null = null
  for (let at = (length - 8) & ~1; at >= 0; at -= 2) {
    const content = tail.getUint32(at + 4, true)
    if (leadsToEnd[at + 8 + content + (content & 1)] !== 1) continue
    leadsToEnd[at] = 1
    if (characters(tail, at, 4) === 'EXIF') exif = rangeOf(riff, start + at + 8, content)
  }
  return exif && withoutPrefix(exif)
}

const uint24 = (view: DataView, offset: number): number =>
  view.getUint16(offset, true) + view.getUint8(offset + 2) * 0x10000
