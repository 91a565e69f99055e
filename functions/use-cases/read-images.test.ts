import { checkDuplicatesResponse, imagePage, listImagesQuery } from '@glowworm/events/http-api'
import { describe, expect, it } from 'vitest'
import { markDeleted } from '../core/image-lifecycle.ts'
import { checkDuplicates } from './check-duplicates.ts'
import { getImage } from './get-image.ts'
import { getOriginal } from './get-original.ts'
import { listImages } from './list-images.ts'
import { processImage } from './process-image.ts'
import { resolveMedia } from './resolve-media.ts'
import { createWorld, recordOf, uploadOne } from './testing/world.ts'

async function worldWithImage() {
  const world = createWorld()
  const { record, job } = await uploadOne(world)
  await processImage(world, job)
  return { world, id: record.id }
}

async function worldWithTombstone() {
  const { world, id } = await worldWithImage()
  world.images.records.set(id, markDeleted(recordOf(world, id), world.ambient.now()))
  return { world, id }
}

describe('an image that is there', () => {
  it('is shown without anything private', async () => {
    const { world, id } = await worldWithImage()
    const image = await getImage(world.images, id)
    expect(image).toMatchObject({ id, processing_status: 'complete' })
    for (const attribute of ['lease', 'job_id', 'original_key', 'correlation_id', 'deleted_at']) {
      expect(image).not.toHaveProperty(attribute)
    }
  })

  it('is listed', async () => {
    const { world, id } = await worldWithImage()
    const page = await listImages(world.images, listImagesQuery.parse({ q: 'PHOTO' }))
    expect(imagePage.parse(page)).toEqual(page)
    expect(page.items.map((image) => image.id)).toEqual([id])
    expect(page.next_cursor).toBeNull()
  })

  it('gives its original under a signed URL', async () => {
    const { world, id } = await worldWithImage()
    expect(await getOriginal(world, id)).toContain(recordOf(world, id).original_key)
  })

  it.each([
    ['600', '600.jpg'],
    ['600.webp', '600.webp'],
    ['1080x1920', '1080x1920.jpg'],
    ['1080x1920.jpg', '1080x1920.jpg'],
  ])('has the rendition %s under the URL of %s', async (name, rendition) => {
    const { world, id } = await worldWithImage()
    expect(await resolveMedia(world.images, id, name)).toBe(`/${recordOf(world, id).renditions[rendition]?.key}`)
  })

  it.each(['123x456', '600.png', '600.', '', 'constructor', '__proto__'])('has no rendition "%s"', async (name) => {
    const { world, id } = await worldWithImage()
    await expect(resolveMedia(world.images, id, name)).rejects.toMatchObject({ status: 404, code: 'not_found' })
  })

  it('is told from those that are not, by hash', async () => {
    const { world, id } = await worldWithImage()
    const unknown = 'f'.repeat(64)
    const results = await checkDuplicates(world.images, [id, unknown, id])
    expect(checkDuplicatesResponse.parse({ results })).toEqual({ results })
    expect(results).toEqual({
      [id]: { exists: true, image: await getImage(world.images, id) },
      [unknown]: { exists: false, image: null },
    })
  })
})

it.each(['', 'no hash', 'x'.repeat(5_000)])('an id that is none has no rendition: %s', async (id) => {
  await expect(resolveMedia(createWorld().images, id, '600')).rejects.toMatchObject({ status: 404 })
})

describe('an image that is being deleted', () => {
  it('is not there any more', async () => {
    const { world, id } = await worldWithTombstone()
    const notFound = { status: 404, code: 'not_found' }
    await expect(getImage(world.images, id)).rejects.toMatchObject(notFound)
    await expect(getOriginal(world, id)).rejects.toMatchObject(notFound)
    await expect(resolveMedia(world.images, id, '600')).rejects.toMatchObject(notFound)
    expect(await checkDuplicates(world.images, [id])).toEqual({ [id]: { exists: false, image: null } })
  })
})
