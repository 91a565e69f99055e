import { describe, expect, it } from 'vitest'
import { readImageHeader } from './read-image-header.ts'
import { type AvifFile, avifFile, clap, imir, irot, ispe } from './testing/avif-file.ts'
import { inserted, overwritten, uint32 } from './testing/byte-building.ts'
import { CountingSource } from './testing/counting-source.ts'
import { decodedSize, encodedPicture } from './testing/encoded-picture.ts'
import { orientationOnly } from './testing/exif-structure.ts'
import { readBytes } from './testing/read-bytes.ts'

describe('an AVIF header', () => {
  it.each([1, 3, 6, 8])('written by sharp with orientation %i gives the size of the decoder', async (orientation) => {
    const avif = await encodedPicture({ format: 'avif', orientation })
    expect(await readBytes(avif)).toMatchObject({
      format: 'avif',
      width: 64,
      height: 32,
      orientation: 1,
      exifBlock: expect.any(Uint8Array),
      ...(await decodedSize(avif)),
    })
  })

  it.each<[what: string, properties: readonly Buffer[], upright: readonly [number, number]]>([
    ['no transformation', [ispe(64, 32)], [64, 32]],
    ['a quarter turn', [ispe(64, 32), irot(1)], [32, 64]],
    ['a half turn and a mirror', [ispe(64, 32), irot(2), imir(0)], [64, 32]],
    ['three quarter turns', [ispe(64, 32), irot(3)], [32, 64]],
    ['reserved bits beside a quarter turn', [ispe(64, 32), irot(5)], [32, 64]],
    ['a crop', [ispe(64, 32), clap(40, 1, 20, 1)], [40, 20]],
    ['a crop to fractions', [ispe(64, 32), clap(81, 2, 41, 2)], [41, 21]],
    ['a crop, then a quarter turn', [ispe(64, 32), clap(40, 1, 20, 1), irot(1)], [20, 40]],
    ['a quarter turn, then a crop', [ispe(64, 32), irot(1), clap(20, 1, 40, 1)], [20, 40]],
  ])('with %s gives the size of the decoder', async (_, properties, [uprightWidth, uprightHeight]) => {
    const avif = await avifFile({ properties })
    expect(await readBytes(avif)).toMatchObject({ width: 64, height: 32, uprightWidth, uprightHeight })
    expect(await decodedSize(avif)).toEqual({ uprightWidth, uprightHeight })
  })

  it('is not turned by EXIF orientation, as it is not by the decoder', async () => {
    const avif = await avifFile({ properties: [ispe(64, 32)], exif: orientationOnly(6) })
    expect(await readBytes(avif)).toMatchObject({ orientation: 1, ...(await decodedSize(avif)) })
  })

  it.each<[what: string, file: Partial<AvifFile>]>([
    ['with brand mif1 first', { major: 'mif1' }],
    ['with wide item ids', { wide: true }],
    ['with its index behind the picture', { metaAtEnd: true }],
  ])('%s is read', async (_, file) => {
    const avif = await avifFile({ properties: [ispe(64, 32), irot(1)], ...file })
    expect(await readBytes(avif)).toMatchObject({ format: 'avif', ...(await decodedSize(avif)) })
  })

  it.each<[where: string, file: Partial<AvifFile>, reads: number]>([
    ['beside the picture', {}, 1],
    ['in the index', { exifIn: 'idat' }, 1],
    ['behind 20 MB of picture', { padding: 20_000_000 }, 2],
    ['in the index, itself behind 20 MB', { padding: 20_000_000, metaAtEnd: true, exifIn: 'idat' }, 2],
  ])('takes EXIF %s', async (_, file, reads) => {
    const exif = await exifOfACamera()
    const source = new CountingSource(await avifFile({ properties: [ispe(64, 32)], exif, ...file }))
    const { exifBlock } = await readImageHeader(source)
    expect(Buffer.from(exifBlock ?? []).includes('Acme')).toBe(true)
    expect(source.reads).toBe(reads)
  })

  it.each<[what: string, file: Partial<AvifFile>, code: string]>([
    ['coded with HEVC', { itemType: 'hvc1' }, 'unsupported_format'],
    ['without a size', { properties: [irot(1)] }, 'corrupt_image'],
    ['of no width', { properties: [ispe(0, 32)] }, 'corrupt_image'],
    ['without its primary picture', { primary: 7 }, 'corrupt_image'],
    ['cropped to nothing', { properties: [ispe(64, 32), clap(0, 1, 20, 1)] }, 'corrupt_image'],
    ['cropped by zero', { properties: [ispe(64, 32), clap(40, 0, 20, 0)] }, 'corrupt_image'],
    ['cropped to more than it has', { properties: [ispe(64, 32), clap(100, 1, 20, 1)] }, 'corrupt_image'],
    ['of 289 megapixels', { properties: [ispe(17_000, 17_000)] }, 'image_too_large'],
    ['of 2^32 - 1 pixels a side', { properties: [ispe(0xffffffff, 0xffffffff)] }, 'image_too_large'],
  ])('%s is refused', async (_, file, code) => {
    const avif = await avifFile({ properties: [ispe(64, 32)], ...file })
    await expect(readBytes(avif)).rejects.toMatchObject({ code })
    await expect(decodedSize(avif)).rejects.toThrow()
  })

  it('above the limit of its decoder is too large, long before it is decoded', async () => {
    const ofSize = async (width: number, height: number) =>
      readBytes(await avifFile({ properties: [ispe(width, height)] }))
    expect(await ofSize(10_000, 5_000)).toMatchObject({ width: 10_000, height: 5_000 })
    await expect(ofSize(10_001, 5_000)).rejects.toMatchObject({ code: 'image_too_large' })
  })

  it.each<[what: string, change: (avif: Buffer) => Buffer]>([
    ['that ends in its index', (avif) => avif.subarray(0, avif.indexOf('iprp'))],
    ['without its index', (avif) => overwritten(avif, avif.indexOf('meta'), Buffer.from('free'))],
    ['with a box of an impossible size', (avif) => overwritten(avif, avif.indexOf('meta') - 4, uint32(4))],
    ['with an index of 100 MB', (avif) => overwritten(avif, avif.indexOf('meta') - 4, uint32(100_000_000))],
    ['with a part that is longer than its whole', (avif) => overwritten(avif, avif.indexOf('ipco') - 4, uint32(9999))],
    ['behind 50,000 empty boxes', (avif) => inserted(avif, avif.indexOf('meta') - 4, emptyBoxes(50_000))],
  ])('%s is refused', async (_, change) => {
    const avif = change(await avifFile({ properties: [ispe(64, 32)] }))
    await expect(readBytes(avif)).rejects.toMatchObject({ code: 'corrupt_image' })
  })
})

const emptyBoxes = (count: number) =>
  Buffer.concat(Array.from({ length: count }, () => Buffer.from('\0\0\0\x08free', 'latin1')))

/** The EXIF structure of a PNG, which is one without a prefix. */
async function exifOfACamera(): Promise<Buffer> {
  const png = await encodedPicture({ format: 'png' })
  const at = png.indexOf('eXIf')
  return png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4))
}
