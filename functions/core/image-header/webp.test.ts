import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { readImageHeader } from './read-image-header.ts'
import { ascii, overwritten, uint32le } from './testing/byte-building.ts'
import { CountingSource } from './testing/counting-source.ts'
import { decodedSize, encodedPicture } from './testing/encoded-picture.ts'
import { orientationOnly } from './testing/exif-structure.ts'
import { readBytes } from './testing/read-bytes.ts'

function chunk(type: string, content: Buffer): Buffer {
  return Buffer.concat([ascii(type), uint32le(content.length), content, Buffer.alloc(content.length & 1)])
}

function riff(...chunks: readonly Buffer[]): Buffer {
  const content = Buffer.concat([ascii('WEBP'), ...chunks])
  return Buffer.concat([ascii('RIFF'), uint32le(content.length), content])
}

/** The chunks of a WebP as they follow each other. */
function chunksOf(webp: Buffer): { type: string; bytes: Buffer }[] {
  const found: { type: string; bytes: Buffer }[] = []
  for (let at = 12; at + 8 <= webp.length; ) {
    const length = webp.readUInt32LE(at + 4)
    const bytes = webp.subarray(at, at + 8 + length + (length & 1))
    found.push({ type: webp.toString('latin1', at, at + 4), bytes })
    at += bytes.length
  }
  return found
}

async function parts() {
  const chunks = chunksOf(await encodedPicture({ format: 'webp' }))
  const get = (type: string) => chunks.find((candidate) => candidate.type === type)?.bytes ?? Buffer.alloc(0)
  return { extended: get('VP8X'), image: get('VP8 ') }
}

const exif = (orientation: number) => chunk('EXIF', orientationOnly(orientation))

describe('a WebP header', () => {
  it.each([1, 3, 6, 8])('with orientation %i gives the size that the decoder gives', async (orientation) => {
    const webp = await encodedPicture({ format: 'webp', orientation })
    expect(await readBytes(webp)).toMatchObject({ width: 64, height: 32, orientation, ...(await decodedSize(webp)) })
  })

  it.each(['lossy', 'lossless'])('of the simple %s kind is read', async (kind) => {
    const create = { width: 33, height: 44, channels: 3, background: '#f80' } as const
    const webp = await sharp({ create })
      .webp({ lossless: kind === 'lossless' })
      .toBuffer()
    expect(await readBytes(webp)).toMatchObject({ format: 'webp', width: 33, height: 44, exifBlock: null })
  })

  it('finds EXIF behind 20 MB of picture with one more read', async () => {
    const { extended, image } = await parts()
    const padding = chunk('JUNK', Buffer.alloc(20_000_000))
    const source = new CountingSource(riff(extended, image, padding, exif(6)))
    expect(await readImageHeader(source)).toMatchObject({ orientation: 6, uprightWidth: 32 })
    expect(source.reads).toBe(2)
  })

  it.each<[where: string, order: (webp: Awaited<ReturnType<typeof parts>>) => readonly Buffer[], orientation: number]>([
    ['before the picture', ({ extended, image }) => [extended, exif(6), image], 6],
    [
      'behind a chunk that nobody knows',
      ({ extended, image }) => [extended, chunk('JUNK', ascii('odd')), image, exif(6)],
      6,
    ],
    ['twice: the first counts', ({ extended, image }) => [extended, image, exif(6), exif(3)], 6],
    ['without its flag: it does not count', ({ extended, image }) => [unflagged(extended), image, exif(6)], 1],
    ['in a WebP that is not extended: it does not count', ({ image }) => [image, exif(6)], 1],
  ])('takes EXIF %s', async (_, order, orientation) => {
    const webp = riff(...order(await parts()))
    expect(await readBytes(webp)).toMatchObject({ orientation, ...(await decodedSize(webp)) })
  })

  it('of an animation gives the size and the orientation that stands behind its frames', async () => {
    const frames = await Promise.all(['#f00', '#0f0'].map((background) => frame(background)))
    const animation = await sharp(frames, { join: { animated: true } })
      .withMetadata({ orientation: 6 })
      .webp()
      .toBuffer()
    expect(chunksOf(animation).map(({ type }) => type)).toContain('ANMF')
    expect(await readBytes(animation)).toMatchObject({
      width: 320,
      height: 240,
      orientation: 6,
      ...(await decodedSize(animation)),
    })
  })

  it('is not misled by what only looks like EXIF at the end of an animation', async () => {
    const header = Buffer.from([0x0a, 0, 0, 0, 63, 0, 0, 31, 0, 0])
    const decoy = chunk('ANMF', Buffer.concat([exif(3), Buffer.alloc(30)]))
    const animation = riff(
      chunk('VP8X', header),
      chunk('ANMF', Buffer.alloc(40)),
      decoy,
      exif(8),
      chunk('XMP ', ascii('<x/>')),
    )
    expect(await readBytes(animation)).toMatchObject({ orientation: 8, uprightWidth: 32, uprightHeight: 64 })
  })

  it.each<[what: string, build: (webp: Awaited<ReturnType<typeof parts>>) => Buffer]>([
    ['that announces more bytes than there are', ({ image }) => riff(image).subarray(0, -2)],
    ['that announces fewer bytes than its chunks have', ({ image }) => overwritten(riff(image), 4, uint32le(40))],
    ['without a picture', ({ extended }) => riff(extended, exif(1))],
    ['that begins with something else', ({ image }) => riff(chunk('JUNK', ascii('1234')), image)],
    [
      'of which the canvas has another size',
      ({ extended, image }) => riff(overwritten(extended, 12, Buffer.from([65])), image),
    ],
    ['with a wrong start code', ({ image }) => riff(overwritten(image, 11, Buffer.from([0])))],
    ['that does not begin with a key frame', ({ image }) => riff(overwritten(image, 8, Buffer.from([0xd1])))],
    ['without width', ({ image }) => riff(overwritten(image, 14, Buffer.from([0, 0])))],
    ['with a wrong lossless signature', () => riff(chunk('VP8L', Buffer.from([0x2e, 0, 0, 0, 0])))],
    ['with a header that is too short', ({ image }) => riff(chunk('VP8X', Buffer.alloc(4)), image)],
  ])('%s is refused', async (_, build) => {
    const webp = build(await parts())
    await expect(readBytes(webp)).rejects.toMatchObject({ code: 'corrupt_image' })
    await expect(decodedSize(webp)).rejects.toThrow()
  })
})

const frame = (background: string) =>
  sharp({ create: { width: 320, height: 240, channels: 3, background } })
    .png()
    .toBuffer()

const unflagged = (extended: Buffer): Buffer => overwritten(extended, 8, Buffer.from([0]))
