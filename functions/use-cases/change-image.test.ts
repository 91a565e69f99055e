import { describe, expect, it } from 'vitest'
import { ImageError } from '../core/errors.ts'
import { planRenditions } from '../core/rendition-plan.ts'
import { changeImage } from './change-image.ts'
import { deleteImage } from './delete-image.ts'
import { processImage } from './process-image.ts'
import { retryProcessing } from './retry-processing.ts'
import { fakeRenderer } from './testing/fake-renderer.ts'
import { Killed, mortal } from './testing/faults.ts'
import { createWorld, lastJob, recordOf, uploadOne, type World } from './testing/world.ts'

async function processed(world: World): Promise<string> {
  const { record, job } = await uploadOne(world)
  await processImage(world, job)
  return record.id
}

const keysOf = (world: World, id: string, thumbnails: boolean) =>
  Object.entries(recordOf(world, id).renditions)
    .filter(([name]) => name.includes('x') !== thumbnails)
    .map(([, { key }]) => key)
    .toSorted()
const namedKeys = (world: World, id: string) =>
  Object.values(recordOf(world, id).renditions)
    .map(({ key }) => key)
    .toSorted()
const storedKeys = (world: World) => [...world.renditions.objects.keys()].toSorted()

describe('changing the title', () => {
  it('is one write and one event, and processes nothing', async () => {
    const world = createWorld()
    const id = await processed(world)
    const { revision } = recordOf(world, id)
    const image = await changeImage(world, id, { title: 'Dusk' })
    expect(image).toMatchObject({ title: 'Dusk', revision: revision + 1, processing_status: 'complete' })
    expect(world.updates.events.at(-1)).toMatchObject({ type: 'image:updated', status: 'complete', data: { image } })
    expect(world.jobs.sent).toHaveLength(1)
  })

  it('says again what is stored when it is the same: an earlier attempt may not have come to it', async () => {
    const world = createWorld()
    const id = await processed(world)
    const { revision } = await changeImage(world, id, { title: 'Dusk' })
    expect(await changeImage(world, id, { title: 'Dusk' })).toMatchObject({ revision })
    expect(world.updates.events.at(-1)).toMatchObject({ type: 'image:updated', revision })
    expect((await world.images.get(id))?.revision).toBe(revision)
  })

  it('is not done before somebody could be told of it, and is told when it is asked for again', async () => {
    const world = createWorld()
    const id = await processed(world)
    const updates = { ...world.updates, publish: () => Promise.reject(new Error('away')) }
    const deaf = { ...world, updates }
    const unheard = { status: 503, code: 'service_unavailable' }
    await expect(changeImage(deaf, id, { title: 'Dusk' })).rejects.toMatchObject(unheard)
    await expect(changeImage(deaf, id, { title: 'Dusk' })).rejects.toMatchObject(unheard)
    const image = await changeImage(world, id, { title: 'Dusk' })
    expect(image).toMatchObject({ title: 'Dusk' })
    expect(world.updates.events.at(-1)).toMatchObject({ type: 'image:updated', data: { image } })
  })

  it('takes it away when it is null', async () => {
    const world = createWorld()
    const id = await processed(world)
    await changeImage(world, id, { title: 'Dusk' })
    expect(await changeImage(world, id, { title: null })).toMatchObject({ title: null })
  })

  it('does not disturb a worker that has the image', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    await Promise.all([processImage(world, job), changeImage(world, record.id, { title: 'Dusk' })])
    expect(recordOf(world, record.id)).toMatchObject({ title: 'Dusk', processing_status: 'complete' })
  })
})

describe('changing the focal point', () => {
  const focal_point = { x: 0.2, y: 0.8 }

  it('makes the variants anew, under other keys, and leaves the thumbnails alone', async () => {
    const world = createWorld()
    const id = await processed(world)
    const [thumbnails, variants] = [keysOf(world, id, true), keysOf(world, id, false)]
    expect(await changeImage(world, id, { focal_point })).toMatchObject({ focal_point, processing_status: 'pending' })
    expect(world.jobs.sent.at(-1)).toMatchObject({ priority: 'normal', job: { reason: 'focal_point' } })
    expect(keysOf(world, id, false)).toEqual(variants)

    await processImage(world, lastJob(world))
    expect(recordOf(world, id)).toMatchObject({ processing_status: 'complete', thumbnail_status: 'complete' })
    expect(keysOf(world, id, true)).toEqual(thumbnails)
    expect(keysOf(world, id, false)).toHaveLength(variants.length)
    for (const key of variants) expect(keysOf(world, id, false)).not.toContain(key)
    expect(world.renderer.rendered).toHaveLength(12 + 6)
  })

  it('deletes the old variants, wherever the worker broke off, and never names a file that is not there', async () => {
    for (let call = 1; ; call++) {
      const world = createWorld()
      const id = await processed(world)
      await changeImage(world, id, { focal_point })
      const dying = mortal(world, call, 'after')
      const died = await processImage(dying.ports, lastJob(world)).then(
        () => false,
        () => true,
      )
      for (const key of namedKeys(world, id)) expect(storedKeys(world)).toContain(key)
      world.ambient.advance(world.leaseMs)
      await processImage(world, lastJob(world))
      expect(recordOf(world, id).processing_status).toBe('complete')
      expect(storedKeys(world)).toEqual(namedKeys(world, id))
      if (!died && call > dying.calls()) break
    }
  })

  it('changes nothing when it is the same', async () => {
    const world = createWorld()
    const id = await processed(world)
    await changeImage(world, id, { focal_point })
    await changeImage(world, id, { focal_point: { ...focal_point } })
    expect(world.jobs.sent).toHaveLength(2)
  })

  it('sends its job in the end, wherever it broke off and was asked for again', async () => {
    for (let call = 1; ; call++) {
      const world = createWorld()
      const id = await processed(world)
      const dying = mortal(world, call, 'before')
      await changeImage(dying.ports, id, { focal_point }).catch(() => {})
      world.ambient.advance(10_001)
      await changeImage(world, id, { focal_point })
      await processImage(world, lastJob(world))
      expect(recordOf(world, id)).toMatchObject({ focal_point, processing_status: 'complete' })
      if (call > dying.calls()) break
    }
  })

  it('sends no job again that a worker has, or that waits for its time', async () => {
    const world = createWorld()
    const id = await processed(world)
    await changeImage(world, id, { focal_point })
    const waiting = recordOf(world, id)
    world.ambient.advance(60_000)
    const next_retry_at = world.ambient.now().toISOString()
    world.images.records.set(id, { ...waiting, next_retry_at })
    await changeImage(world, id, { focal_point })
    const lease = { owner: 'w', expires_at: world.ambient.now().getTime() + 1 }
    world.images.records.set(id, { ...waiting, processing_status: 'processing', lease })
    await changeImage(world, id, { focal_point })
    await changeImage(world, id, { title: 'Dusk' })
    expect(world.jobs.sent).toHaveLength(2)
  })

  it('of an image that has failed is kept for its retry, which alone closes the breaker', async () => {
    const world = createWorld(fakeRenderer({ at: '600.jpg', error: new ImageError('corrupt_image', 'Damaged.') }))
    const id = await processed(world)
    const failed = recordOf(world, id)
    const image = await changeImage(world, id, { focal_point })
    const { processing_status, processing_error, consecutive_failures, job_id } = failed
    expect(image).toMatchObject({ focal_point, processing_status, processing_error, consecutive_failures })
    expect(recordOf(world, id)).toMatchObject({ job_id, revision: failed.revision + 1 })
    expect(world.jobs.sent).toHaveLength(1)
    expect(world.updates.events.at(-1)).toMatchObject({ type: 'image:updated', status: 'failed', data: { image } })

    await retryProcessing(world, id)
    await processImage({ ...world, renderer: fakeRenderer() }, lastJob(world))
    expect(recordOf(world, id)).toMatchObject({ processing_status: 'complete', focal_point })
    const { specs } = planRenditions({
      id,
      focalPoint: focal_point,
      displaySizes: lastJob(world).display_sizes,
      formats: lastJob(world).formats,
    })
    expect(namedKeys(world, id)).toEqual(specs.map(({ key }) => key).toSorted())
  })

  it('has to wait while a worker has the image', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    await expect(processImage(mortal(world, 9, 'before').ports, job)).rejects.toThrow(Killed)
    await expect(changeImage(world, record.id, { focal_point })).rejects.toMatchObject({
      status: 409,
      code: 'conflict',
      retryAfterSeconds: 75,
    })
  })
})

it('is not possible for an image that is not there any more', async () => {
  const world = createWorld()
  const id = await processed(world)
  await deleteImage(world, id)
  await expect(changeImage(world, id, { title: 'Dusk' })).rejects.toMatchObject({ code: 'not_found' })
})
