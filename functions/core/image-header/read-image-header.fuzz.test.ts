import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { furtherReads, headBytes } from './header-reader.ts'
import { readImageHeader } from './read-image-header.ts'
import { avifFile, clap, irot, ispe } from './testing/avif-file.ts'
import { CountingSource } from './testing/counting-source.ts'
import { encodedPicture } from './testing/encoded-picture.ts'
import { orientationOnly } from './testing/exif-structure.ts'

const formats = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const
const codes = ['unsupported_format', 'corrupt_image', 'image_too_large']
const mostBytes = headBytes + furtherReads.reduce((sum, size) => sum + size, 0)

/** Whatever the bytes are: an answer or a refusal of the known kind, after a bounded amount of reading. */
async function expectAnOutcome(bytes: Uint8Array): Promise<void> {
  const source = new CountingSource(bytes)
  await readImageHeader(source).then(
    (header) => {
      expect(header.uprightWidth * header.uprightHeight).toBeGreaterThan(0)
      expect(header.orientation).toBeGreaterThanOrEqual(1)
      expect(header.orientation).toBeLessThanOrEqual(8)
    },
    (error: unknown) => {
      expect(error).toMatchObject({ name: 'ImageError', code: expect.toBeOneOf(codes) })
    },
  )
  expect(source.reads).toBeLessThanOrEqual(1 + furtherReads.length)
  expect(source.bytesRead).toBeLessThanOrEqual(mostBytes)
}

describe('any bytes at all', () => {
  let originals: readonly Buffer[]

  beforeAll(async () => {
    originals = [
      ...(await Promise.all(formats.map((format) => encodedPicture({ format, orientation: 6 })))),
      await encodedPicture({ format: 'tiff', tiff: { bigtiff: true } }),
      await avifFile({
        properties: [ispe(64, 32), clap(40, 1, 20, 1), irot(1)],
        exif: orientationOnly(6),
        exifIn: 'idat',
        wide: true,
        metaAtEnd: true,
      }),
    ]
  })

  it('that are random have an outcome', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), expectAnOutcome))
  })

  it.each([
    ['JPEG', 'ffd8ff'],
    ['PNG', '89504e470d0a1a0a0000000d49484452'],
    ['WebP', '52494646000000005745425056503858'],
    ['GIF', '474946383961'],
    ['AVIF', '00000014667479706176696600000000617669660000ffff6d657461'],
    ['TIFF', '49492a00'],
    ['BigTIFF', '4d4d002b00080000'],
  ])('that are random but begin like a %s have an outcome', async (_, start) => {
    const head = Buffer.from(start, 'hex')
    const tail = fc.uint8Array({ maxLength: 300 })
    await fc.assert(fc.asyncProperty(tail, (bytes) => expectAnOutcome(Buffer.concat([head, bytes]))))
  })

  it('of pictures that were changed here and there have an outcome', async () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.constantFrom(
          ...['ff', '00', 'ffffffff', '00000000', '7fffffff', '80000000'].map((hex) => Buffer.from(hex, 'hex')),
        ),
      ),
    })
    // Headers stand at the beginning, those of TIFF files and the last AVIF at the end.
    const places = fc.record({
      original: fc.nat({ max: formats.length + 1 }),
      atEnd: fc.boolean(),
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(places, async ({ original, atEnd, changes }) => {
        const bytes = Buffer.from(originals[original] ?? [])
        const span = Math.min(bytes.length, 1000)
        for (const { at, bytes: replacement } of changes) {
          const offset = (atEnd ? bytes.length - span : 0) + Math.floor(at * (span - replacement.length))
          bytes.set(replacement, offset)
        }
        await expectAnOutcome(bytes)
      }),
      { numRuns: 1000 },
    )
  })

  it('of pictures whose parts were repeated, left out or mixed with those of others have an outcome', async () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true })
    const piece = fc.record({ original: fc.nat({ max: formats.length + 1 }), from: place, length: place })
    const mixtures = fc.record({
      start: fc.nat({ max: formats.length + 1 }),
      until: place,
      pieces: fc.array(piece, { minLength: 1, maxLength: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(mixtures, async ({ start, until, pieces }) => {
        const of = (original: number) => originals[original] ?? Buffer.alloc(0)
        const cut = ({ original, from, length }: (typeof pieces)[number]) => {
          const offset = Math.floor(from * of(original).length)
          return of(original).subarray(offset, offset + Math.ceil(length * 200))
        }
        const head = of(start).subarray(0, Math.ceil(until * Math.min(of(start).length, 600)))
        await expectAnOutcome(Buffer.concat([head, ...pieces.map(cut)]))
      }),
      { numRuns: 1000 },
    )
  })

  it('of pictures that were cut off have an outcome', async () => {
    const cuts = fc.record({
      original: fc.nat({ max: formats.length + 1 }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    await fc.assert(
      fc.asyncProperty(cuts, async ({ original, part }) => {
        const bytes = originals[original] ?? Buffer.alloc(0)
        await expectAnOutcome(bytes.subarray(0, Math.floor(bytes.length * part)))
      }),
      { numRuns: 500 },
    )
  })
})
