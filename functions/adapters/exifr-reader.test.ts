import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readImageHeader } from '../core/image-header/read-image-header.ts'
import { CountingSource } from '../core/image-header/testing/counting-source.ts'
import { type TiffFile, tiffFile } from '../core/image-header/testing/tiff-file.ts'
import { readExif } from './exifr-reader.ts'

const photo = (byteOrder: 'II' | 'MM'): TiffFile => ({
  byteOrder,
  ifd0: [
    { tag: 0x0100, type: 4, values: [64] },
    { tag: 0x0101, type: 4, values: [32] },
    { tag: 0x010f, type: 2, values: 'Acme' },
    { tag: 0x0110, type: 2, values: 'Böx' },
  ],
  exif: [
    { tag: 0x829a, type: 5, values: [1, 250] },
    { tag: 0x829d, type: 5, values: [28, 10] },
    { tag: 0x8827, type: 3, values: [400] },
    { tag: 0x9003, type: 2, values: '2021:04:10 11:44:00' },
    { tag: 0x9011, type: 2, values: '+01:00' },
    { tag: 0x920a, type: 5, values: [50, 1] },
    { tag: 0xa434, type: 2, values: 'Lens 50mm' },
  ],
  gps: [
    { tag: 1, type: 2, values: 'S' },
    { tag: 2, type: 5, values: [33, 1, 51, 1, 0, 1] },
    { tag: 3, type: 2, values: 'E' },
    { tag: 4, type: 5, values: [151, 1, 12, 1, 0, 1] },
  ],
})

const expected = {
  captured_at: '2021-04-10T11:44:00+01:00',
  camera_make: 'Acme',
  camera_model: 'Böx',
  lens: 'Lens 50mm',
  iso: 400,
  f_number: 2.8,
  exposure: 0.004,
  focal_length: 50,
  has_gps: true,
  gps: { latitude: -33.85, longitude: 151.2, altitude: null },
}

describe('reading EXIF', () => {
  it.each(['II', 'MM'] as const)('answers what a photo in byte order %s says of itself', async (byteOrder) => {
    const { exifBlock } = await readImageHeader(new CountingSource(tiffFile(photo(byteOrder))))
    expect(await readExif(exifBlock ?? new Uint8Array())).toEqual(expected)
  })

  it.each(['UTC', 'Asia/Kathmandu', 'America/New_York'])(
    'gives the time of the camera in the zone %s too',
    async (zone) => {
      const before = process.env.TZ
      process.env.TZ = zone
      try {
        expect((await readExif(tiffFile(photo('II'))))?.captured_at).toBe(expected.captured_at)
      } finally {
        if (before === undefined) delete process.env.TZ
        else process.env.TZ = before
      }
    },
  )

  it.each([
    ['nothing', new Uint8Array()],
    ['zeros', new Uint8Array(100)],
    ['a structure without its directory', Buffer.from('49492a00ffffffff', 'hex')],
    ['a directory that is cut off', Buffer.from('49492a00080000000100', 'hex')],
  ])('of %s answers null', async (_, block) => {
    expect(await readExif(block)).toBeNull()
  })

  it('of a damaged structure is never an error', async () => {
    const original = tiffFile(photo('II'))
    const changes = fc.array(fc.record({ at: fc.nat({ max: original.length - 1 }), byte: fc.nat({ max: 255 }) }), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(changes, async (bytes) => {
        const damaged = Buffer.from(original)
        for (const { at, byte } of bytes) damaged[at] = byte
        const { exifBlock } = await readImageHeader(new CountingSource(damaged)).catch(() => ({ exifBlock: null }))
        const exif = exifBlock && (await readExif(exifBlock))
        expect(exif === null || typeof exif.has_gps === 'boolean').toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})
