import { describe, expect, it } from 'vitest'
import { originalKey, renditionPrefix } from '../core/object-keys.ts'
import { processImage } from './process-image.ts'
import { reconcileStorage } from './reconcile-storage.ts'
import { inMemoryCheckpoints } from './testing/in-memory-ports.ts'
import { createWorld, lastJob, recordOf, uploadOne } from './testing/world.ts'

const hour = 3_600_000

function storageWorld() {
  return {
    ...createWorld(),
    checkpoints: inMemoryCheckpoints(),
    remainingMs: () => 300_000,
  }
}

/** What the reconciliation measures; the worker measures other things. */
function found(world: ReturnType<typeof storageWorld>) {
  return Object.fromEntries(Object.entries(world.measured).filter(([name]) => /Orphan|Missing/.test(name)))
}

/** Complete, and old enough to be looked at. */
async function completeOne(world: ReturnType<typeof storageWorld>, salt = '') {
  const { record, job } = await uploadOne(world, salt)
  await processImage(world, job)
  world.ambient.advance(2 * hour)
  return recordOf(world, record.id)
}

describe('what is in order', () => {
  it('is left alone: every file of many images stays, and no job is sent', async () => {
    const world = storageWorld()
    for (const salt of ['a', 'b', 'c', 'd']) await completeOne(world, salt)
    const before = [new Map(world.renditions.objects), new Map(world.originals.objects), new Map(world.images.records)]
    await reconcileStorage(world)
    expect([world.renditions.objects, world.originals.objects, world.images.records]).toEqual(before)
    expect(found(world)).toEqual({})
  })
})

describe('an object that no record names', () => {
  it.each([
    [
      'rendition of no image',
      (world: ReturnType<typeof storageWorld>) => world.renditions,
      () => `${renditionPrefix('f'.repeat(64))}600.0.jpg`,
    ],
    [
      'rendition of an image that names others',
      (world: ReturnType<typeof storageWorld>) => world.renditions,
      (id: string) => `${renditionPrefix(id)}600.0.jpg`,
    ],
    [
      'original of no image',
      (world: ReturnType<typeof storageWorld>) => world.originals,
      () => originalKey('f'.repeat(64), 'u'),
    ],
    [
      'original of an image that has another',
      (world: ReturnType<typeof storageWorld>) => world.originals,
      (id: string) => originalKey(id, 'u'),
    ],
  ])('is deleted when it is a day old: a %s', async (_what, storeOf, keyOf) => {
    const world = storageWorld()
    const { id } = await completeOne(world)
    const store = storeOf(world)
    const before = store.objects.size
    const key = keyOf(id)
    store.objects.set(key, new Uint8Array(1))
    store.written.set(key, world.ambient.now())
    world.ambient.advance(24 * hour)
    await reconcileStorage(world)
    expect(store.objects.has(key)).toBe(true)
    expect(found(world)).toEqual({ OrphanFound: 1 })
    world.ambient.advance(1)
    await reconcileStorage(world)
    expect(store.objects.has(key)).toBe(false)
    expect(store.objects.size).toBe(before)
  })

  it('is not deleted while a worker holds the image, or while the image itself is being deleted', async () => {
    const world = storageWorld()
    const record = await completeOne(world)
    const key = `${renditionPrefix(record.id)}600.0.jpg`
    world.renditions.objects.set(key, new Uint8Array(1))
    const lease = { owner: 'w', expires_at: world.ambient.now().getTime() + hour }
    world.images.records.set(record.id, { ...record, lease })
    await reconcileStorage(world)
    world.images.records.set(record.id, { ...record, deleted_at: world.ambient.now().toISOString() })
    await reconcileStorage(world)
    expect(world.renditions.objects.has(key)).toBe(true)
  })
})

describe('a rendition that is gone', () => {
  it.each([
    ['one of many', 1],
    ['all of them', Number.POSITIVE_INFINITY],
  ])('is made again: %s', async (_what, count) => {
    const world = storageWorld()
    await completeOne(world, 'a')
    const record = await completeOne(world, 'b')
    await completeOne(world, 'c')
    const keys = Object.values(record.renditions).map(({ key }) => key)
    for (const key of keys.slice(0, count)) world.renditions.objects.delete(key)
    await reconcileStorage(world)
    await reconcileStorage(world)
    expect(lastJob(world)).toMatchObject({ image_id: record.id, reason: 'retry' })
    expect(world.jobs.sent.at(-1)?.priority).toBe('low')
    await processImage(world, lastJob(world))
    expect(recordOf(world, record.id).processing_status).toBe('complete')
    for (const key of keys) expect(world.renditions.objects.has(key), key).toBe(true)
  })

  it('is not missed for an hour after the record has changed', async () => {
    const world = storageWorld()
    const { record, job } = await uploadOne(world)
    await processImage(world, job)
    world.renditions.objects.clear()
    world.ambient.advance(hour)
    await reconcileStorage(world)
    expect(world.jobs.sent).toHaveLength(1)
    expect(recordOf(world, record.id).processing_status).toBe('complete')
  })
})

it('reports an original that is gone, and leaves the rest of the image as it is', async () => {
  const world = storageWorld()
  const record = await completeOne(world)
  world.originals.objects.clear()
  await reconcileStorage(world)
  expect(found(world)).toEqual({ OriginalMissing: 1 })
  expect(recordOf(world, record.id)).toEqual(record)
})

it('goes on where its time ended', async () => {
  const world = storageWorld()
  for (const salt of ['a', 'b', 'c']) await completeOne(world, salt)
  const keys = [...world.renditions.objects.keys()].toSorted()
  const seen: (string | null)[] = []
  const renditions = {
    ...world.renditions,
    list: (after: string | null) => {
      seen.push(after)
      return world.renditions.list(after)
    },
  }
  let left = 2
  await reconcileStorage({ ...world, renditions, remainingMs: () => (left-- > 0 ? 300_000 : 0) })
  expect(seen).toEqual([null, keys[2]])
  await reconcileStorage({ ...world, renditions })
  expect(seen.slice(2, 4)).toEqual([keys[5], keys[8]])
})
