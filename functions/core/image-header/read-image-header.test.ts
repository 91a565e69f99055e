import { describe, expect, it } from 'vitest'
import { type CorpusPhoto, corpusMissing, readCorpus, readPhoto } from '../../../tests/support/photo-corpus.ts'
import { readExif } from '../../adapters/exifr-reader.ts'
import { readImageHeader } from './read-image-header.ts'
import { CountingSource } from './testing/counting-source.ts'
import { readBytes } from './testing/read-bytes.ts'

interface StoredPhoto extends CorpusPhoto {
  readonly width: number | null
  readonly height: number | null
}

/** What the header must lead to; the answer on pixels is the worker's. */
function expectedCodes(photo: CorpusPhoto): readonly string[] {
  if (photo.expected === 'accept' || photo.visibleAt === 'pixels') return []
  return [photo, ...(photo.alsoAllowed ?? [])].flatMap(({ code }) => code ?? [])
}

if (corpusMissing !== null) console.log(`Skipping the tests of headers over real photos: ${corpusMissing}`)

describe.skipIf(corpusMissing !== null)('the header of a real photo', async () => {
  const photos = corpusMissing === null ? ((await readCorpus()) as readonly StoredPhoto[]) : []

  it.each(photos.filter((photo) => expectedCodes(photo).length === 0))('$path says what it is', async (photo) => {
    const source = new CountingSource(await readPhoto(photo))
    const header = await readImageHeader(source)
    expect(header).toMatchObject({
      format: photo.format,
      width: photo.width,
      height: photo.height,
      orientation: photo.orientation ?? 1,
      uprightWidth: photo.uprightWidth,
      uprightHeight: photo.uprightHeight,
    })
    const exif = header.exifBlock && (await readExif(header.exifBlock))
    expect(exif?.has_gps ?? false).toBe(photo.hasGps)
    expect(source.reads).toBeLessThanOrEqual(4)
    expect(source.bytesRead).toBeLessThanOrEqual(1024 * 1024)
  })

  it.each(photos.filter((photo) => expectedCodes(photo).length > 0))('$path is refused', async (photo) => {
    const source = new CountingSource(await readPhoto(photo))
    const error = await readImageHeader(source).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'ImageError' })
    expect(expectedCodes(photo)).toContain((error as { code: string }).code)
    expect(source.reads).toBeLessThanOrEqual(1)
  })
})

describe('a file that is no picture', () => {
  it('is named, with the formats that would do', async () => {
    await expect(readBytes(Buffer.from('%PDF-1.7'))).rejects.toMatchObject({
      code: 'unsupported_format',
      message: expect.stringMatching(/JPEG, PNG, WebP, GIF, AVIF or TIFF.*found a PDF document/),
    })
  })

  it('because it is empty is said to be empty', async () => {
    await expect(readBytes(new Uint8Array())).rejects.toMatchObject({
      code: 'unsupported_format',
      message: expect.stringContaining('empty'),
    })
  })
})

describe('a picture that cannot be read because storage is away', () => {
  it('is not called damaged', async () => {
    const failure = new Error('storage is away')
    const failing = { size: 1000, read: () => Promise.reject(failure) }
    await expect(readImageHeader(failing)).rejects.toBe(failure)
  })
})
