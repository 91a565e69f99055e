import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readImageHeader } from './read-image-header.ts'
import { ascii, uint32 } from './testing/byte-building.ts'
import { CountingSource } from './testing/counting-source.ts'
import { decodedSize, encodedPicture } from './testing/encoded-picture.ts'
import { orientationOnly } from './testing/exif-structure.ts'
import { readBytes } from './testing/read-bytes.ts'

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([ascii(type), content])
  return Buffer.concat([uint32(content.length), named, uint32(crc32(named))])
}

/** The chunks of a small PNG without EXIF, by name. */
async function chunks(): Promise<Map<string, Buffer>> {
  const png = await encodedPicture({ format: 'png' })
  const found = new Map<string, Buffer>()
  for (let at = 8; at < png.length; ) {
    const length = 12 + png.readUInt32BE(at)
    found.set(png.toString('latin1', at + 4, at + 8), png.subarray(at, at + length))
    at += length
  }
  found.delete('eXIf')
  return found
}

async function assembled(change: (chunks: Map<string, Buffer>) => readonly (Buffer | undefined)[]): Promise<Buffer> {
  return Buffer.concat([signature, ...change(await chunks()).filter((part) => part !== undefined)])
}

const ihdr = (width: number, height: number, ...rest: readonly number[]) =>
  chunk('IHDR', Buffer.concat([uint32(width), uint32(height), Buffer.from(rest)]))

describe('a PNG header', () => {
  it.each([1, 3, 6, 8])('with orientation %i gives the size that the decoder gives', async (orientation) => {
    const png = await encodedPicture({ format: 'png', orientation })
    expect(await readBytes(png)).toMatchObject({ width: 64, height: 32, orientation, ...(await decodedSize(png)) })
  })

  it('takes no orientation from EXIF behind the pixels, as the decoder does not', async () => {
    const late = chunk('eXIf', orientationOnly(6))
    const png = await assembled((parts) => [parts.get('IHDR'), parts.get('IDAT'), late, parts.get('IEND')])
    expect(await readBytes(png)).toMatchObject({ orientation: 1, ...(await decodedSize(png)) })
  })

  it('takes no orientation from EXIF with the prefix of a JPEG, as the decoder does not', async () => {
    const exif = chunk('eXIf', Buffer.concat([ascii('Exif\0\0'), orientationOnly(6)]))
    const png = await assembled((parts) => [parts.get('IHDR'), exif, parts.get('IDAT'), parts.get('IEND')])
    expect(await readBytes(png)).toMatchObject({ orientation: 1, ...(await decodedSize(png)) })
  })

  it('behind 50 MB of text takes one more read', async () => {
    const text = chunk('tEXt', Buffer.concat([ascii('a\0'), Buffer.alloc(50_000_000, 'a')]))
    const exif = chunk('eXIf', orientationOnly(6))
    const png = await assembled((parts) => [parts.get('IHDR'), text, exif, parts.get('IDAT'), parts.get('IEND')])
    const source = new CountingSource(png)
    expect(await readImageHeader(source)).toMatchObject({ orientation: 6, uprightWidth: 32 })
    expect(source.reads).toBe(2)
  })

  it.each<[what: string, header: Buffer]>([
    ['a bit depth that does not exist', ihdr(64, 32, 3, 2, 0, 0, 0)],
    ['a colour type that does not exist', ihdr(64, 32, 8, 5, 0, 0, 0)],
    ['a compression that does not exist', ihdr(64, 32, 8, 2, 1, 0, 0)],
    ['a filter that does not exist', ihdr(64, 32, 8, 2, 0, 1, 0)],
    ['an interlacing that does not exist', ihdr(64, 32, 8, 2, 0, 0, 2)],
    ['a palette that is missing', ihdr(64, 32, 8, 3, 0, 0, 0)],
    ['no width', ihdr(0, 32, 8, 2, 0, 0, 0)],
    ['a header of the wrong length', ihdr(64, 32, 8, 2, 0, 0, 0, 0)],
  ])('with %s is refused', async (_, header) => {
    const png = await assembled((parts) => [header, parts.get('IDAT'), parts.get('IEND')])
    await expect(readBytes(png)).rejects.toMatchObject({ code: 'corrupt_image' })
    await expect(decodedSize(png)).rejects.toThrow()
  })

  it.each<[what: string, change: (parts: Map<string, Buffer>) => readonly (Buffer | undefined)[]]>([
    ['without pixels', (parts) => [parts.get('IHDR'), parts.get('IEND')]],
    ['that does not begin with its header', (parts) => [parts.get('iCCP'), parts.get('IHDR'), parts.get('IDAT')]],
    ['with two headers', (parts) => [parts.get('IHDR'), parts.get('IHDR'), parts.get('IDAT')]],
    ['with a chunk that nobody knows', (parts) => [parts.get('IHDR'), chunk('ABCD', ascii('x')), parts.get('IDAT')]],
    ['with a chunk without a name', (parts) => [parts.get('IHDR'), chunk('a1!?', ascii('x')), parts.get('IDAT')]],
    ['that ends in its header', (parts) => [parts.get('IHDR')?.subarray(0, 20)]],
  ])('%s is refused', async (_, change) => {
    const png = await assembled(change)
    await expect(readBytes(png)).rejects.toMatchObject({ code: 'corrupt_image' })
    await expect(decodedSize(png)).rejects.toThrow()
  })

  it('of which the area overflows 32 bits to zero is too large', async () => {
    const png = await assembled((parts) => [ihdr(65_536, 65_536, 8, 2, 0, 0, 0), parts.get('IDAT'), parts.get('IEND')])
    await expect(readBytes(png)).rejects.toMatchObject({ code: 'image_too_large' })
  })

  it.each([
    [20_000, 5_000, null],
    [20_001, 1, 'image_too_large'],
    [1, 20_001, 'image_too_large'],
    [10_000, 10_000, null],
    [10_001, 10_000, 'image_too_large'],
  ])('of %i x %i pixels is judged by the limits (%s)', async (width, height, code) => {
    const png = await assembled((parts) => [ihdr(width, height, 8, 2, 0, 0, 0), parts.get('IDAT')])
    const outcome = readBytes(png)
    if (code === null) expect(await outcome).toMatchObject({ width, height })
    else await expect(outcome).rejects.toMatchObject({ code })
  })
})
