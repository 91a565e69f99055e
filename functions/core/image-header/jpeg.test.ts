import { describe, expect, it } from 'vitest'
import { readImageHeader } from './read-image-header.ts'
import { ascii, inserted, overwritten, uint16 } from './testing/byte-building.ts'
import { CountingSource } from './testing/counting-source.ts'
import { decodedSize, encodedPicture } from './testing/encoded-picture.ts'
import { orientationOnly } from './testing/exif-structure.ts'
import { readBytes } from './testing/read-bytes.ts'

const segment = (marker: number, content: Buffer) =>
  Buffer.concat([Buffer.from([0xff, marker]), uint16(content.length + 2), content])
const exifSegment = (orientation: number) =>
  segment(0xe1, Buffer.concat([ascii('Exif\0\0'), orientationOnly(orientation)]))

/** Where the segment with this marker begins. */
function find(jpeg: Buffer, marker: number): number {
  for (let at = 2; ; at += 2 + jpeg.readUInt16BE(at + 2)) if (jpeg[at + 1] === marker) return at
}

const startOfFrame = 0xc0
const startOfScan = 0xda
const tables = 0xdb

async function withoutExif(): Promise<Buffer> {
  const jpeg = await encodedPicture({ format: 'jpeg' })
  const at = find(jpeg, 0xe1)
  return Buffer.concat([jpeg.subarray(0, at), jpeg.subarray(at + 2 + jpeg.readUInt16BE(at + 2))])
}

describe('a JPEG header', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'with orientation %i gives the size that the decoder gives',
    async (orientation) => {
      const jpeg = await encodedPicture({ format: 'jpeg', orientation })
      expect(await readBytes(jpeg)).toMatchObject({ width: 64, height: 32, orientation, ...(await decodedSize(jpeg)) })
    },
  )

  it('behind 200 KB of application segments takes a few reads', async () => {
    const padding = Buffer.concat(Array.from({ length: 4 }, () => segment(0xe2, Buffer.alloc(50_000))))
    const source = new CountingSource(inserted(await encodedPicture({ format: 'jpeg' }), 2, padding))
    expect(await readImageHeader(source)).toMatchObject({ width: 64, height: 32 })
    expect(source.reads).toBeLessThanOrEqual(3)
  })

  it('behind 6 MB of application segments is still found', async () => {
    const padding = Buffer.concat(Array.from({ length: 92 }, () => segment(0xe2, Buffer.alloc(65_500))))
    const source = new CountingSource(inserted(await encodedPicture({ format: 'jpeg' }), 2, padding))
    expect(await readImageHeader(source)).toMatchObject({ width: 64, height: 32 })
    expect(source.reads).toBeLessThanOrEqual(7)
  })

  it('behind more metadata than is read is refused', async () => {
    const padding = Buffer.concat(Array.from({ length: 200 }, () => segment(0xe2, Buffer.alloc(65_500))))
    await expect(readBytes(inserted(await encodedPicture({ format: 'jpeg' }), 2, padding))).rejects.toMatchObject({
      code: 'corrupt_image',
      message: expect.stringContaining('too large or too widely scattered'),
    })
  })

  it('takes the orientation from EXIF behind the frame header too, as the decoder does', async () => {
    const jpeg = await withoutExif()
    const late = inserted(jpeg, find(jpeg, startOfScan), exifSegment(6))
    expect(await readBytes(late)).toMatchObject({ orientation: 6, ...(await decodedSize(late)) })
  })

  it('takes the first of two EXIF segments', async () => {
    const two = inserted(await withoutExif(), 2, Buffer.concat([exifSegment(6), exifSegment(1)]))
    expect(await readBytes(two)).toMatchObject({ orientation: 6, ...(await decodedSize(two)) })
  })

  it('takes no orientation from XMP', async () => {
    const xmp = segment(0xe1, ascii('http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>'))
    expect(await readBytes(inserted(await withoutExif(), 2, xmp))).toMatchObject({ orientation: 1, exifBlock: null })
  })

  it.each([
    ['9', orientationOnly(9)],
    ['in a structure that is cut off', orientationOnly(6).subarray(0, 12)],
    ['in no structure at all', ascii('nonsense, but long enough to be read')],
  ])('with the orientation %s is upright as stored', async (_, exif) => {
    const jpeg = inserted(await withoutExif(), 2, segment(0xe1, Buffer.concat([ascii('Exif\0\0'), exif])))
    expect(await readBytes(jpeg)).toMatchObject({ orientation: 1, uprightWidth: 64 })
  })

  it.each([
    ['fill bytes', Buffer.from([0xff, 0xff])],
    ['markers without content', Buffer.from([0xff, 0x01, 0xff, 0xd0])],
    ['a segment with an impossible length, which decoders skip', Buffer.from([0xff, 0xe5, 0, 0])],
  ])('is read across %s', async (_, oddity) => {
    const jpeg = await encodedPicture({ format: 'jpeg' })
    const odd = inserted(jpeg, find(jpeg, tables), oddity)
    expect(await readBytes(odd)).toMatchObject(await decodedSize(odd))
  })

  it.each<[what: string, change: (jpeg: Buffer) => Buffer, code: string]>([
    ['without lines', (jpeg) => overwritten(jpeg, find(jpeg, startOfFrame) + 5, uint16(0)), 'corrupt_image'],
    ['with a second frame', (jpeg) => doubled(jpeg, startOfFrame), 'corrupt_image'],
    ['without a scan', (jpeg) => jpeg.subarray(0, find(jpeg, startOfScan)), 'corrupt_image'],
    ['that ends in a segment', (jpeg) => jpeg.subarray(0, find(jpeg, startOfFrame) + 8), 'corrupt_image'],
    ['with stray bytes', (jpeg) => inserted(jpeg, find(jpeg, tables), Buffer.from([1, 2, 3])), 'corrupt_image'],
    ['that ends early', (jpeg) => inserted(jpeg, find(jpeg, tables), Buffer.from([0xff, 0xd9])), 'corrupt_image'],
    ['of two components by half', (jpeg) => changed(jpeg, 9, 2), 'corrupt_image'],
    ['of 12 bits', (jpeg) => changed(jpeg, 4, 12), 'unsupported_format'],
    ['that is hierarchical', (jpeg) => changed(jpeg, 1, 0xc5), 'unsupported_format'],
    [
      'with 60,000 columns',
      (jpeg) => overwritten(jpeg, find(jpeg, startOfFrame) + 7, uint16(60_000)),
      'image_too_large',
    ],
  ])('%s is refused', async (_, change, code) => {
    await expect(readBytes(change(await encodedPicture({ format: 'jpeg' })))).rejects.toMatchObject({ code })
  })
})

/** With another byte at an offset of the frame header. */
const changed = (jpeg: Buffer, offset: number, byte: number): Buffer =>
  overwritten(jpeg, find(jpeg, startOfFrame) + offset, Buffer.from([byte]))

function doubled(jpeg: Buffer, marker: number): Buffer {
  const at = find(jpeg, marker)
  return inserted(jpeg, at, jpeg.subarray(at, at + 2 + jpeg.readUInt16BE(at + 2)))
}
