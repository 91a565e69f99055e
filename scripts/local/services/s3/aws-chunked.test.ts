import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AwsChunkedDecoder } from './aws-chunked.ts'

const encode = (chunks: readonly Uint8Array[], trailer = '') =>
  Buffer.concat([
    ...chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
    Buffer.from(`0\r\n${trailer}\r\n`),
  ])

/** Decodes what arrives in pieces of the given size. */
async function decode(wire: Buffer, length: number, pieceSize: number) {
  const decoder = new AwsChunkedDecoder(length)
  const pieces: Buffer[] = []
  for (let at = 0; at < wire.length; at += pieceSize) pieces.push(wire.subarray(at, at + pieceSize))
  const bytes = await buffer(Readable.from(pieces).pipe(decoder))
  return { bytes, trailers: decoder.trailers }
}

const nonEmptyChunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 })
const pieceSizes = fc.integer({ min: 1, max: 64 })

describe('an aws-chunked body', () => {
  test('is decoded however it is cut, trailers included', async () => {
    await fc.assert(
      fc.asyncProperty(nonEmptyChunks, pieceSizes, async (chunks, pieceSize) => {
        const body = Buffer.concat(chunks)
        const wire = encode(chunks, 'X-Amz-Checksum-Crc32: AAAAAA==\r\n')
        const { bytes, trailers } = await decode(wire, body.length, pieceSize)
        expect(bytes).toEqual(body)
        expect(trailers).toEqual({ 'x-amz-checksum-crc32': 'AAAAAA==' })
      }),
      { numRuns: 50 },
    )
  })

  test('that ends early or has another length is incomplete', async () => {
    await fc.assert(
      fc.asyncProperty(nonEmptyChunks, pieceSizes, fc.nat(), async (chunks, pieceSize, cut) => {
        const wire = encode(chunks, 'a:b\r\n')
        const length = Buffer.concat(chunks).length
        // The last CRLF may be missing: all bytes and the empty chunk are there.
        const truncated = wire.subarray(0, cut % (wire.length - 7))
        await expect(decode(truncated, length, pieceSize)).rejects.toMatchObject({ status: 400 })
        await expect(decode(wire, length + 1, pieceSize)).rejects.toMatchObject({ code: 'IncompleteBody' })
      }),
      { numRuns: 50 },
    )
  })

  test.for([
    ['a size that is none', 'xyz\r\n'],
    ['a negative size', '-1\r\n'],
    ['a line without end', '1'.repeat(20_000)],
    ['bytes beyond the chunk', '1\r\nabc\r\n0\r\n\r\n'],
    ['a bare line feed', '1\na\r\n0\r\n\r\n'],
    ['a trailer without name', '0\r\nnonsense\r\n\r\n'],
    ['something after the end', '0\r\n\r\nmore\r\n'],
  ])('with %s is malformed', async ([_what, wire = '']) => {
    await expect(decode(Buffer.from(wire), 1, 7)).rejects.toMatchObject({ code: 'InvalidRequest' })
  })
})
