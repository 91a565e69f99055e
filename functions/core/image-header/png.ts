import { readExifBlock } from './exif-block.ts'
import { type ByteRange, characters, corrupt, rangeOf } from './header-reader.ts'
import type { PictureHeader, Size } from './picture-header.ts'

const ihdrLength = 13
const firstChunk = 8

const bitDepthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}
const palette = 3

/** Reads chunk by chunk up to the pixels: as decoders do, for which EXIF behind the pixels does not count. */
export async function readPngHeader(file: ByteRange): Promise<PictureHeader> {
  const header = await file.view(firstChunk, 8 + ihdrLength)
  if (header.getUint32(0) !== ihdrLength || characters(header, 4, 4) !== 'IHDR') {
    throw corrupt('a PNG should begin with its header chunk, and this one does not')
  }
  const { size, colourType } = readIhdr(header)
  let hasPalette = false
  let exif: ByteRange | null = null
  for (let at = firstChunk + 12 + ihdrLength; ; ) {
    const chunk = await file.view(at, 8)
    const length = chunk.getUint32(0)
    const type = characters(chunk, 4, 4)
    if (type === 'IDAT') break
    // An upper-case first letter says that the picture cannot be shown without the chunk.
    if (!/^([a-z][A-Za-z]{3}|PLTE)$/.test(type)) throw corrupt('a PNG chunk stands where none, or another, should be')
    if (type === 'PLTE') hasPalette = true
    if (type === 'eXIf' && exif === null) exif = rangeOf(file, at + 8, length)
    at += 12 + length
  }
  if (colourType === palette && !hasPalette) throw corrupt('it is a PNG with a palette, but the palette is missing')
  return { ...size, ...(await readExifBlock(exif)) }
}

function readIhdr(header: DataView): { size: Size; colourType: number } {
  const size = { width: header.getUint32(8), height: header.getUint32(12) }
  const bitDepth = header.getUint8(16)
  const colourType = header.getUint8(17)
  if (!bitDepthsOf[colourType]?.includes(bitDepth)) {
    throw corrupt(`its PNG header gives bit depth ${bitDepth} with colour type ${colourType}, which does not exist`)
  }
  const [compression, filter, interlace] = [header.getUint8(18), header.getUint8(19), header.getUint8(20)]
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw corrupt('its PNG header gives a compression, filter or interlacing that does not exist')
  }
  return { size, colourType }
}
