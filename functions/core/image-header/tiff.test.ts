import { describe, expect, it } from 'vitest'
import { readImageHeader } from './read-image-header.ts'
import { overwritten } from './testing/byte-building.ts'
import { CountingSource } from './testing/counting-source.ts'
import { decodedSize, encodedPicture } from './testing/encoded-picture.ts'
import { readBytes } from './testing/read-bytes.ts'
import { sizeFields, type TiffField, tiffFile } from './testing/tiff-file.ts'

const size = sizeFields(64, 32)
const short = (tag: number, value: number): TiffField => ({ tag, type: 3, values: [value] })

describe('a TIFF header', () => {
  it.each([
    ['TIFF', {}],
    ['BigTIFF', { bigtiff: true }],
    ['tiled and pyramidal TIFF', { tile: true, pyramid: true }],
  ])('of a %s gives the size that the decoder gives', async (_, tiff) => {
    const file = await encodedPicture({ format: 'tiff', orientation: 6, width: 300, height: 200, tiff })
    expect(await readBytes(file)).toMatchObject({
      format: 'tiff',
      width: 300,
      height: 200,
      orientation: 6,
      ...(await decodedSize(file)),
    })
  })

  it.each(['II', 'MM'] as const)('in byte order %s behind 20 MB of pixels takes one more read', async (byteOrder) => {
    const source = new CountingSource(tiffFile({ byteOrder, ifd0: [...size, short(0x0112, 8)], padding: 20_000_000 }))
    expect(await readImageHeader(source)).toMatchObject({ width: 64, height: 32, orientation: 8, uprightWidth: 32 })
    expect(source.reads).toBe(2)
  })

  it.each([0, 9])('with the orientation %i is upright as stored', async (orientation) => {
    const file = tiffFile({ byteOrder: 'II', ifd0: [...size, short(0x0112, orientation)] })
    expect(await readBytes(file)).toMatchObject({ orientation: 1, uprightWidth: 64 })
  })

  it('takes the first of repeated tags', async () => {
    const file = tiffFile({ byteOrder: 'II', ifd0: [...size, ...sizeFields(1, 1)] })
    expect(await readBytes(file)).toMatchObject({ width: 64, height: 32 })
  })

  it.each<[what: string, fields: readonly TiffField[], code: string]>([
    ['without a width', sizeFields(64, 32).slice(1), 'corrupt_image'],
    ['of no width', sizeFields(0, 32), 'corrupt_image'],
    [
      'with a width that is no whole number',
      [{ tag: 0x0100, type: 5, values: [64, 1] }, short(0x0101, 32)],
      'corrupt_image',
    ],
    ['of 60,000 x 60,000 pixels', sizeFields(60_000, 60_000), 'image_too_large'],
    ['of 2^32 - 1 pixels a side', sizeFields(0xffffffff, 0xffffffff), 'image_too_large'],
    ['that is a DNG', [...size, { tag: 0xc612, type: 4, values: [1] }], 'unsupported_format'],
    ['of the values of a sensor', [...size, short(0x0106, 32803)], 'unsupported_format'],
    [
      'that begins with a preview',
      [short(0x00fe, 1), ...size, { tag: 0x014a, type: 4, values: [8] }],
      'unsupported_format',
    ],
  ])('%s is refused', async (_, ifd0, code) => {
    await expect(readBytes(tiffFile({ byteOrder: 'MM', ifd0 }))).rejects.toMatchObject({ code })
  })

  it.each<[what: string, change: (tiff: Buffer) => Buffer]>([
    ['of which the directory is cut off', (tiff) => tiff.subarray(0, -20)],
    [
      'of which the directory is not in the file',
      (tiff) => overwritten(tiff, 4, Buffer.from([0xff, 0xff, 0xff, 0x7f])),
    ],
    ['of which the directory claims 65,535 entries', (tiff) => overwritten(tiff, 8, Buffer.from([0xff, 0xff]))],
    ['of which the header is cut off', (tiff) => tiff.subarray(0, 6)],
    ['with a BigTIFF header that is not one', (tiff) => overwritten(tiff, 2, Buffer.from([43]))],
  ])('%s is refused', async (_, change) => {
    const file = change(tiffFile({ byteOrder: 'II', ifd0: size }))
    await expect(readBytes(file)).rejects.toMatchObject({ code: 'corrupt_image' })
  })

  it('that is a Canon raw file is refused as one', async () => {
    const cr2 = tiffFile({ byteOrder: 'II', ifd0: size, padding: 8 })
    await expect(readBytes(overwritten(cr2, 8, Buffer.from('CR')))).rejects.toMatchObject({
      code: 'unsupported_format',
      message: expect.stringContaining('camera raw'),
    })
  })
})
