import { describe, expect, it } from 'vitest'
import { readImageHeader } from './read-image-header.ts'
import { inserted, overwritten } from './testing/byte-building.ts'
import { CountingSource } from './testing/counting-source.ts'
import { decodedSize, encodedPicture } from './testing/encoded-picture.ts'
import { readBytes } from './testing/read-bytes.ts'

const uint16le = (...values: readonly number[]) => Buffer.from(new Uint16Array(values).buffer)

const screenAt = 6
/** Where the descriptor of the first frame begins. */
const frameOf = (gif: Buffer) => gif.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, 64, 0, 32, 0]))

/** A comment of so many blocks. */
const comment = (blocks: number) =>
  Buffer.concat([
    Buffer.from([0x21, 0xfe]),
    ...Array.from({ length: blocks }, () => Buffer.concat([Buffer.from([255]), Buffer.alloc(255, 'a')])),
    Buffer.from([0]),
  ])

describe('a GIF header', () => {
  it.each([
    [64, 32],
    [10, 10],
    [100, 100],
    [0, 0],
    [640, 480],
    [800, 600],
    [2048, 10],
    [2049, 10],
    [60_000, 60_000],
  ])('with a screen of %i x %i gives the size that the decoder gives', async (width, height) => {
    const gif = overwritten(await encodedPicture({ format: 'gif' }), screenAt, uint16le(width, height))
    expect(await readBytes(gif)).toMatchObject({ format: 'gif', orientation: 1, ...(await decodedSize(gif)) })
  })

  it('counts where the frame stands on the screen', async () => {
    const gif = await encodedPicture({ format: 'gif' })
    const moved = overwritten(gif, frameOf(gif) + 1, uint16le(50, 20))
    expect(await readBytes(moved)).toMatchObject({ width: 114, height: 52, ...(await decodedSize(moved)) })
  })

  it('with a frame beyond the limits is too large, however small its screen', async () => {
    const gif = await encodedPicture({ format: 'gif' })
    const bomb = overwritten(gif, frameOf(gif) + 5, uint16le(60_000, 60_000))
    await expect(readBytes(bomb)).rejects.toMatchObject({ code: 'image_too_large' })
  })

  it('behind a comment of 1 MB is found with a handful of reads', async () => {
    const gif = await encodedPicture({ format: 'gif' })
    const source = new CountingSource(inserted(gif, frameOf(gif), comment(4000)))
    expect(await readImageHeader(source)).toMatchObject({ width: 64, height: 32 })
    expect(source.reads).toBeLessThanOrEqual(5)
  })

  it.each<[what: string, change: (gif: Buffer) => Buffer]>([
    ['without a frame', (gif) => Buffer.concat([gif.subarray(0, frameOf(gif)), Buffer.from([0x3b])])],
    ['with something else where a frame should be', (gif) => inserted(gif, frameOf(gif), Buffer.from([0x77]))],
    ['that ends in its frame header', (gif) => gif.subarray(0, frameOf(gif) + 5)],
    ['that ends in an extension', (gif) => gif.subarray(0, frameOf(gif) - 3)],
    ['with an endless comment', (gif) => inserted(gif, frameOf(gif), comment(30_000))],
  ])('%s is refused', async (_, change) => {
    const gif = change(await encodedPicture({ format: 'gif' }))
    await expect(readBytes(gif)).rejects.toMatchObject({ code: 'corrupt_image' })
  })
})
