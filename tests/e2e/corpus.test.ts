import { basename } from 'node:path'
import PQueue from 'p-queue'
import sharp from 'sharp'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { ApiClient, Refused } from '../../scripts/client/api-client.ts'
import { type CorpusPhoto, corpusMissing, readCorpus, readPhoto } from '../support/photo-corpus.ts'
import { checkRenditions } from '../support/rendition-checks.ts'
import { settled, sha256, upload } from '../support/uploading.ts'

const photos = corpusMissing === null ? await readCorpus() : []
if (corpusMissing !== null) console.warn(`Skipping the photo corpus: ${corpusMissing}`)

type Ending = { readonly expected: string; readonly code: string | null }

describe.skipIf(corpusMissing !== null)('every photo of the corpus', () => {
  let api: ApiClient
  const endings = new Map<string, Promise<Ending>>()

  beforeAll(async () => {
    const cloud = inject('cloud')
    api = await ApiClient.signIn(cloud.url, cloud.admin_email, cloud.admin_password)
    // All at once, four at a time, as a person would drop them; each test then waits for its own.
    const queue = new PQueue({ concurrency: 4 })
    for (const photo of photos) {
      const ending = queue.add(() => send(photo))
      ending.catch(() => {})
      endings.set(photo.path, ending)
    }
  })

  async function send(photo: CorpusPhoto): Promise<Ending> {
    const bytes = await readPhoto(photo)
    try {
      await upload(api, bytes, basename(photo.path))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return { expected: error.code === 'corrupt_image' ? 'fail' : 'refuse', code: error.code }
    }
    const image = await settled(api, sha256(bytes))
    return image.processing_status === 'complete'
      ? { expected: 'accept', code: null }
      : { expected: 'fail', code: image.processing_error?.code ?? null }
  }

  it.each(photos.map((photo) => [photo.path, photo.expected, photo.code ?? '', photo] as const))(
    '%s: %s %s',
    { timeout: 240_000 },
    async (_path, _expected, _code, photo) => {
      const ending = await endings.get(photo.path)
      const allowed = [photo, ...(photo.alsoAllowed ?? [])].map(({ expected, code }) => ({
        expected,
        code: code ?? null,
      }))
      expect(allowed).toContainEqual(ending)
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
      await checkRenditions(inject('cloud').url, image)
    },
  )

  it('shows all eight orientations of a picture the same way up', { timeout: 240_000 }, async () => {
    for (const kind of ['landscape', 'portrait']) {
      const turned = photos.filter((photo) => photo.path.startsWith(`orientation/${kind}`))
      await Promise.all(turned.map((photo) => endings.get(photo.path)))
      const [first, ...others] = await Promise.all(turned.map((photo) => tinyPixels(photo.sha256)))
      if (first === undefined) throw new Error('Expected the corpus to have orientation photos')
      for (const other of others) expect(meanDifference(first, other)).toBeLessThan(5)
    }
  })

  async function tinyPixels(id: string): Promise<Buffer> {
    const url = inject('cloud').url + (await api.getImage(id)).renditions['300.jpg']?.url
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer())
    return sharp(bytes).resize(64, 64, { fit: 'inside' }).removeAlpha().raw().toBuffer()
  }
})

function meanDifference(a: Buffer, b: Buffer): number {
  expect(a.length).toBe(b.length)
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length
}
