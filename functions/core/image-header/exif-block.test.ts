import { describe, expect, it } from 'vitest'
import { readExifBlock } from './exif-block.ts'
import { HeaderReader } from './header-reader.ts'
import { overwritten } from './testing/byte-building.ts'
import { CountingSource } from './testing/counting-source.ts'
import { type TiffFile, tiffFile } from './testing/tiff-file.ts'

const photo = (byteOrder: 'II' | 'MM'): TiffFile => ({
  byteOrder,
  ifd0: [
    { tag: 0x010f, type: 2, values: 'Acme' },
    { tag: 0x0112, type: 3, values: [6] },
    { tag: 0x013b, type: 2, values: 'Name of the owner' },
  ],
  exif: [
    { tag: 0x829a, type: 5, values: [1, 250] },
    { tag: 0x927c, type: 2, values: 'maker note'.repeat(500) },
    { tag: 0xa431, type: 2, values: 'serial number' },
    { tag: 0xa434, type: 2, values: 'Lens 50mm' },
  ],
  gps: [
    { tag: 1, type: 2, values: 'N' },
    { tag: 2, type: 5, values: [51, 1, 30, 1, 0, 1] },
  ],
})

const read = async (tiff: Buffer) => readExifBlock(await HeaderReader.open(new CountingSource(tiff)))

describe('the EXIF block', () => {
  it.each(['II', 'MM'] as const)('of a file in byte order %s keeps what is of use, and it alone', async (byteOrder) => {
    const { orientation, exifBlock } = await read(tiffFile(photo(byteOrder)))
    const block = Buffer.from(exifBlock ?? [])
    expect(orientation).toBe(6)
    expect(block.toString('latin1', 0, 2)).toBe(byteOrder)
    for (const kept of ['Acme', 'Lens 50mm']) expect(block.includes(kept)).toBe(true)
    for (const dropped of ['owner', 'maker', 'serial']) expect(block.includes(dropped)).toBe(false)
    expect(block.length).toBeLessThan(300)
  })

  it('is null where nothing is of use', async () => {
    const tiff = tiffFile({ byteOrder: 'II', ifd0: [{ tag: 0x0112, type: 3, values: [3] }] })
    expect(await read(tiff)).toEqual({ orientation: 3, exifBlock: null })
  })

  it('leaves out what claims to be huge', async () => {
    const tiff = tiffFile(photo('II'))
    const count = tiff.indexOf(Buffer.from([0x0f, 0x01, 2, 0])) + 4
    const { exifBlock } = await read(overwritten(tiff, count, Buffer.from([0xff, 0xff, 0xff, 0xff])))
    expect(Buffer.from(exifBlock ?? []).includes('Acme')).toBe(false)
    expect(Buffer.from(exifBlock ?? []).includes('Lens 50mm')).toBe(true)
  })

  it('keeps the rest where one directory is not in the file', async () => {
    const tiff = tiffFile(photo('II'))
    const pointer = tiff.indexOf(Buffer.from([0x25, 0x88, 4, 0])) + 8
    const { exifBlock } = await read(overwritten(tiff, pointer, Buffer.from([0xff, 0xff, 0xff, 0x7f])))
    expect(Buffer.from(exifBlock ?? []).includes('Lens 50mm')).toBe(true)
  })

  it.each([
    ['empty', Buffer.alloc(0)],
    ['cut off', tiffFile(photo('II')).subarray(0, 9)],
    ['something else', Buffer.from('neither II nor MM')],
  ])('of a structure that is %s is null', async (_, tiff) => {
    expect(await read(tiff)).toEqual({ orientation: 1, exifBlock: null })
  })
})
