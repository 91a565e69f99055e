import { basename, join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../../scripts/client/api-client.ts'
import { type Ending, endingOf, troubleOf } from '../../scripts/corpus/endings.ts'
import { allowedEndings } from '../../scripts/corpus/manifest.ts'
import { type Outcome, uploadFiles } from '../../scripts/upload/upload-files.ts'
import { underTest } from '../support/cloud-under-test.ts'
import { corpusFolder, corpusMissing, readCorpus } from '../support/photo-corpus.ts'
import { checkRenditions } from '../support/rendition-checks.ts'

const photos = corpusMissing === null ? await readCorpus() : []
if (corpusMissing !== null) console.warn(`Skipping the photo corpus: ${corpusMissing}`)

describe.skipIf(corpusMissing !== null)('every photo of the corpus', () => {
  let api: ApiClient
  const ends = new Map(photos.map(({ path }) => [path, Promise.withResolvers<Outcome>()]))

  beforeAll(async () => {
    const cloud = underTest().cloud
    api = await ApiClient.signIn(cloud.url, cloud.admin_email, cloud.admin_password)
    // All at once, four at a time, as a person would drop them; each test then waits for its own.
    const files = photos.map(({ path, bytes }) => ({
      path: join(corpusFolder, path),
      label: path,
      name: basename(path),
      size: bytes,
    }))
    const settled = (outcome: Outcome) => ends.get(outcome.file.label)?.resolve(outcome)
    const progress = { hashed: () => {}, sent: () => {}, settled, reached: () => {} }
    void uploadFiles(files, api, { parallel: 4, patienceMs: 400_000, progress }).catch((error) => {
      for (const { reject } of ends.values()) reject(error)
    })
  })

  async function endOf(path: string): Promise<Ending | null> {
    const outcome = await ends.get(path)?.promise
    if (outcome === undefined) throw new Error('Expected an outcome for every file')
    expect(troubleOf(outcome)).toBeNull()
    return endingOf(outcome)
  }

  it.each(photos.map((photo) => [photo.path, photo.expected, photo.code ?? '', photo] as const))(
    '%s: %s %s',
    { timeout: 480_000 },
    async (_path, _expected, _code, photo) => {
      const ending = await endOf(photo.path)
      expect(allowedEndings(photo)).toContainEqual(ending)
      if (ending?.expected !== 'accept') {
        // Nothing of a refused photo is kept; a failed one keeps its record, so that the reason can be read.
        if (ending?.expected === 'refuse')
          await expect(api.getImage(photo.sha256)).rejects.toMatchObject({ status: 404 })
        return
      }
      const image = await api.getImage(photo.sha256)
      expect(image).toMatchObject({
        width: photo.uprightWidth,
        height: photo.uprightHeight,
        orientation: photo.orientation ?? 1,
        mime_type: `image/${photo.format}`,
        file_size: photo.bytes,
      })
      expect(image.exif?.has_gps ?? false).toBe(photo.hasGps)
      expect(JSON.stringify(image)).not.toMatch(/latitude|longitude/i)
      await checkRenditions(api, image)
    },
  )

  it('shows all eight orientations of a picture the same way up', { timeout: 480_000 }, async () => {
    for (const kind of ['landscape', 'portrait']) {
      const turned = photos.filter((photo) => photo.path.startsWith(`orientation/${kind}`))
      await Promise.all(turned.map((photo) => endOf(photo.path)))
      const [first, ...others] = await Promise.all(turned.map((photo) => tinyPixels(photo.sha256)))
      if (first === undefined) throw new Error('Expected the corpus to have orientation photos')
      for (const other of others) expect(meanDifference(first, other)).toBeLessThan(5)
    }
  })

  async function tinyPixels(id: string): Promise<Buffer> {
    const url = underTest().cloud.url + (await api.getImage(id)).renditions['300.jpg']?.url
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer())
    return sharp(bytes).resize(64, 64, { fit: 'inside' }).removeAlpha().raw().toBuffer()
  }
})

function meanDifference(a: Buffer, b: Buffer): number {
  expect(a.length).toBe(b.length)
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length
}
