import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { imageIdOf, originalKey, renditionPrefix } from '../core/object-keys.ts'
import { beginUpload } from './begin-upload.ts'
import { processImage } from './process-image.ts'
import { reconcileStorage } from './reconcile-storage.ts'
import { inMemoryCheckpoints, inMemoryOriginals, inMemoryRenditions, untraceable } from './testing/in-memory-ports.ts'
import { pngBytes } from './testing/pictures.ts'
import { createWorld, lastJob, recordOf, uploadOne, type World } from './testing/world.ts'

const hour = 3_600_000

const worlds: World[] = []

/** What belongs to no image and no upload has no correlation id. */
const ofNobody = 'Objects that no record names are deleted'

afterEach(() => {
  for (const { log } of worlds.splice(0)) {
    expect(untraceable(log).filter(({ message }) => message !== ofNobody)).toEqual([])
  }
})

/** @param keysPerPage of a listing of renditions */
function storageWorld(keysPerPage = 3) {
  const world = createWorld()
  worlds.push(world)
  return {
    ...world,
    renditions: inMemoryRenditions(keysPerPage),
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

  it('is named by a line of the log before it is deleted, as are all others, a hundred in a line at most', async () => {
    const world = storageWorld(1_000)
    const { id } = await completeOne(world)
    const keysOf = (image: string, count: number) =>
      Array.from({ length: count }, (_, at) => `${renditionPrefix(image)}${at}.0.jpg`).toSorted()
    const orphans = [...keysOf('f'.repeat(64), 250), ...keysOf(id, 2)]
    for (const key of orphans) world.renditions.objects.set(key, new Uint8Array(1))
    world.ambient.advance(25 * hour)
    const named = () =>
      world.log.lines.flatMap(({ message, about }) =>
        message === ofNobody ? [about as { image_id: string; keys: string[] }] : [],
      )
    const namedInTime: boolean[] = []
    const remove: typeof world.renditions.delete = async (keys) => {
      const all = new Set(named().flatMap((line) => line.keys))
      namedInTime.push(keys.every((key) => all.has(key)))
      return world.renditions.delete(keys)
    }
    await reconcileStorage({ ...world, renditions: { ...world.renditions, delete: remove } })
    expect(namedInTime).toEqual([true])
    expect(found(world)).toEqual({ OrphanFound: 252, OrphanDeleted: 252 })
    expect(
      named()
        .flatMap(({ keys }) => keys)
        .toSorted(),
    ).toEqual(orphans.toSorted())
    expect(
      named()
        .map(({ keys }) => keys.length)
        .toSorted((a, b) => a - b),
    ).toEqual([2, 50, 100, 100])
    expect(named().find(({ image_id }) => image_id === id)).toMatchObject({ correlation_id: 'c-1' })
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

describe('a record that is written while orphans are looked for', () => {
  /** Of an image that is unknown when its files are listed, and known from the second look at the records on. */
  async function writtenInBetween() {
    const world = storageWorld()
    const record = await completeOne(world)
    world.ambient.advance(25 * hour)
    let looks = 0
    const getMany: typeof world.images.getMany = async (ids) => (++looks === 1 ? new Map() : world.images.getMany(ids))
    return { world: { ...world, images: { ...world.images, getMany } }, record }
  }

  it('is not robbed of its renditions', async () => {
    const { world, record } = await writtenInBetween()
    await reconcileStorage(world)
    const keys = Object.values(record.renditions).map(({ key }) => key)
    expect([...world.renditions.objects.keys()].toSorted()).toEqual(keys.toSorted())
    expect(found(world)).not.toHaveProperty('OrphanDeleted')
  })

  it('is not robbed of its original', async () => {
    const { world, record } = await writtenInBetween()
    world.renditions.objects.clear()
    await reconcileStorage(world)
    expect([...world.originals.objects.keys()]).toEqual([record.original_key])
  })

  it('loses nothing that its worker is about to need', async () => {
    const world = storageWorld()
    const { record, job } = await uploadOne(world)
    const key = `${renditionPrefix(record.id)}600.0.jpg`
    world.renditions.objects.set(key, new Uint8Array(1))
    world.ambient.advance(25 * hour)
    await reconcileStorage(world)
    expect(world.renditions.objects.has(key)).toBe(true)
    await processImage(world, job)
    world.ambient.advance(hour)
    await reconcileStorage(world)
    expect(world.renditions.objects.has(key)).toBe(false)
  })
})

describe('a rendition that is gone', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 100])('is missed wherever pages of %i keys end', async (keysPerPage) => {
    const world = storageWorld(keysPerPage)
    const lost = new Map<string, string>()
    for (const salt of ['a', 'b', 'c', 'd']) {
      const { id, renditions } = await completeOne(world, salt)
      const [, key = ''] = Object.values(renditions).map((rendition) => rendition.key)
      lost.set(id, key)
    }
    for (const key of lost.values()) world.renditions.objects.delete(key)
    const sent = world.jobs.sent.length
    await reconcileStorage(world)
    const requeued = world.jobs.sent.slice(sent).map(({ job }) => job.image_id)
    expect(requeued.toSorted()).toEqual([...lost.keys()].toSorted())
    expect(found(world)).toEqual({ RenditionMissing: 4 })
  })

  it('is not missed where only the listing is without it', async () => {
    const world = storageWorld()
    const { renditions: files } = await completeOne(world)
    const [, unlisted = ''] = Object.values(files).map(({ key }) => key)
    const list: typeof world.renditions.list = async (after) => {
      const page = await world.renditions.list(after)
      return { ...page, objects: page.objects.filter(({ key }) => key !== unlisted) }
    }
    await reconcileStorage({ ...world, renditions: { ...world.renditions, list } })
    expect(found(world)).toEqual({})
    expect(world.jobs.sent).toHaveLength(1)
  })

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

describe('an original without a record whose upload is still known', () => {
  /** Begun an hour and a half ago, and closed by the sweep: the bytes took so long. */
  async function lateBytes(bytes: Uint8Array = pngBytes()) {
    const world = storageWorld()
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const request = { filename: 'late.png', size: bytes.length, content_type: 'image/png', sha256 }
    const begun = await beginUpload(world, request, 'c-1')
    const [upload] = world.uploads.pending.values()
    if (begun.kind !== 'begun' || upload === undefined) throw new Error('Expected an upload to begin')
    const arrive = () => {
      world.originals.objects.set(upload.original_key, bytes)
      world.originals.written.set(upload.original_key, world.ambient.now())
    }
    return { world, upload, arrive }
  }

  it('is completed, and its photo processed before what is merely repaired', async () => {
    const { world, upload, arrive } = await lateBytes()
    world.ambient.advance(1.5 * hour)
    await world.uploads.settle(upload.id)
    arrive()
    world.ambient.advance(25 * hour)
    await reconcileStorage(world)
    expect(recordOf(world, upload.sha256)).toMatchObject({
      processing_status: 'pending',
      original_filename: 'late.png',
      original_key: upload.original_key,
    })
    expect(world.jobs.sent).toMatchObject([{ priority: 'high', job: { image_id: upload.sha256 } }])
    expect(world.measured).toEqual({ UploadSettled: 1 })
  })

  it('is left to its client as long as the URL holds', async () => {
    const { world, arrive } = await lateBytes()
    arrive()
    world.ambient.advance(0.9 * hour)
    await reconcileStorage(world)
    expect([world.originals.objects.size, world.images.records.size]).toEqual([1, 0])
    expect(found(world)).toEqual({})
  })

  it('leaves nothing behind when it is refused', async () => {
    const { world, arrive } = await lateBytes(Buffer.from('%PDF-1.7 no picture'))
    arrive()
    world.ambient.advance(2 * hour)
    await reconcileStorage(world)
    expect([world.originals.objects.size, world.images.records.size]).toEqual([0, 0])
    expect(world.measured).toEqual({ UploadRefused: 1 })
  })

  it('keeps nothing else from being looked at when it can be neither completed nor refused', async () => {
    const { world, upload, arrive } = await lateBytes()
    arrive()
    world.originals.objects.set(`originals/${'0'.repeat(64)}/folder/`, pngBytes())
    world.originals.objects.set('originals/', pngBytes())
    world.ambient.advance(48 * hour)
    const originals = { ...world.originals, open: () => Promise.reject(new Error('away')) }
    await expect(reconcileStorage({ ...world, originals })).rejects.toThrow('could be looked at (failures: 1)')
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({
        message: 'An upload whose bytes came late could not be completed',
        about: expect.objectContaining({ upload_id: upload.id, image_id: upload.sha256, correlation_id: 'c-1' }),
      }),
    )
    expect([...world.originals.objects.keys()]).toEqual([upload.original_key])
    expect(found(world)).toMatchObject({ OrphanDeleted: 2 })
  })

  it('is where the next run begins if it could not be seen to, however far this one went on', async () => {
    const { world, upload, arrive } = await lateBytes()
    arrive()
    for (let at = 0; at < 6; at++) world.originals.objects.set(`originals/${'0'.repeat(63)}${at}/u`, pngBytes())
    world.ambient.advance(48 * hour)
    const originals = { ...world.originals, open: () => Promise.reject(new Error('away')) }
    await expect(reconcileStorage({ ...world, originals })).rejects.toThrow(AggregateError)
    expect(await world.checkpoints.read('originals')).toMatch(/^originals\/0{63}\d\/u$/)
    await reconcileStorage(world)
    expect(recordOf(world, upload.sha256)).toMatchObject({ original_key: upload.original_key })
    expect(await world.checkpoints.read('originals')).toBeNull()
  })

  it('is not taken for a left-over when there is no time to look for its upload', async () => {
    const { world, upload, arrive } = await lateBytes()
    arrive()
    world.ambient.advance(48 * hour)
    let isListed = false
    const list: typeof world.originals.list = (after) => {
      isListed = true
      return world.originals.list(after)
    }
    const remainingMs = () => (isListed ? 10_000 : 300_000)
    const late = reconcileStorage({ ...world, originals: { ...world.originals, list }, remainingMs })
    await expect(late).rejects.toThrow(AggregateError)
    expect([...world.originals.objects.keys()]).toEqual([upload.original_key])
    await reconcileStorage(world)
    expect(recordOf(world, upload.sha256)).toMatchObject({ original_key: upload.original_key })
  })

  it('goes where the photo is there already', async () => {
    const { world, arrive } = await lateBytes()
    const record = await completeOne(world)
    arrive()
    await reconcileStorage(world)
    expect([...world.originals.objects.keys()]).toEqual([record.original_key])
    expect(recordOf(world, record.id)).toEqual(record)
  })
})

/** Pages that each walk looks at in one run, when each page takes its time. */
async function pagesOfARun(world: ReturnType<typeof storageWorld>, timeMs: number, pageMs: number) {
  const pages = { renditions: 0, originals: 0, images: 0 }
  let left = timeMs
  const counted = <Act extends (...args: never[]) => unknown>(name: keyof typeof pages, act: Act) =>
    ((...args: Parameters<Act>) => {
      pages[name] += 1
      left -= pageMs
      return act(...args)
    }) as Act
  await reconcileStorage({
    ...world,
    renditions: { ...world.renditions, list: counted('renditions', world.renditions.list) },
    originals: { ...world.originals, list: counted('originals', world.originals.list) },
    images: { ...world.images, list: counted('images', world.images.list) },
    remainingMs: () => left,
  })
  return pages
}

describe('records that are lost', () => {
  it('take nothing with them: neither originals nor renditions are deleted until a person has looked', async () => {
    const world = { ...storageWorld(10_000), originals: inMemoryOriginals(10_000) }
    for (let salt = 0; salt < 100; salt++) await completeOne(world, String(salt))
    const stored = [...world.originals.objects.keys(), ...world.renditions.objects.keys()]
    const lost = [...world.images.records.values()].slice(0, 11)
    for (const { id } of lost) world.images.records.delete(id)
    world.ambient.advance(48 * hour)

    await expect(reconcileStorage(world)).rejects.toThrow('could be looked at (failures: 2)')
    expect([...world.originals.objects.keys(), ...world.renditions.objects.keys()]).toEqual(stored)
    const error = new Error('11 of 100 images have files and no record. Nothing is deleted: records may be lost.')
    expect(world.log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { about: { walk: 'renditions', error } },
      { about: { walk: 'originals', error } },
    ])
  })

  it('are not suspected where there are few of them', async () => {
    const world = { ...storageWorld(10_000), originals: inMemoryOriginals(10_000) }
    for (let salt = 0; salt < 12; salt++) await completeOne(world, String(salt))
    for (const { id } of [...world.images.records.values()].slice(0, 2)) world.images.records.delete(id)
    world.ambient.advance(48 * hour)
    await reconcileStorage(world)
    expect([...world.originals.objects.keys()]).toHaveLength(10)
  })
})

describe('a run', () => {
  it('gives each walk its share of the time, however much there is of the others', async () => {
    const world = storageWorld()
    for (const salt of ['a', 'b', 'c']) await completeOne(world, salt)
    for (let at = 0; at < 100; at++) {
      const id = at.toString(16).padStart(64, '0')
      world.renditions.objects.set(`${renditionPrefix(id)}600.0.jpg`, new Uint8Array(1))
      world.originals.objects.set(originalKey(id, 'u'), new Uint8Array(1))
    }
    expect(await pagesOfARun(world, 900_000, 60_000)).toEqual({ renditions: 6, originals: 5, images: 1 })
  })

  it('goes on with the other walks when one of them fails, and fails in the end', async () => {
    const world = storageWorld()
    await completeOne(world)
    world.originals.objects.clear()
    const list = () => Promise.reject(new Error('away'))
    const renditions = { ...world.renditions, list }
    await expect(reconcileStorage({ ...world, renditions })).rejects.toThrow('could be looked at (failures: 1)')
    expect(found(world)).toEqual({ OriginalMissing: 1 })
  })

  it('reads the records of a page of renditions once', async () => {
    const world = storageWorld(1_000)
    for (const salt of ['a', 'b', 'c']) await completeOne(world, salt)
    world.originals.objects.clear()
    let read = 0
    const getMany: typeof world.images.getMany = (ids) => {
      read += new Set(ids).size
      return world.images.getMany(ids)
    }
    await reconcileStorage({ ...world, images: { ...world.images, getMany } })
    expect(read).toBe(3)
  })
})

it('goes on where its time ended', async () => {
  const world = storageWorld()
  for (const salt of ['a', 'b', 'c']) await completeOne(world, salt)
  const keys = [...world.renditions.objects.keys()].toSorted()
  const lastOfImages = keys.filter((key, at) => imageIdOf(key) !== imageIdOf(keys[at + 1] ?? ''))
  const seen: (string | null)[] = []
  const renditions = {
    ...world.renditions,
    list: (after: string | null) => {
      seen.push(after)
      return world.renditions.list(after)
    },
  }
  const isFirst = () => seen.length === 0
  await reconcileStorage({ ...world, renditions, remainingMs: () => (isFirst() ? 300_000 : 0) })
  const ofFirstRun = seen.splice(0)
  expect(ofFirstRun[0]).toBe(null)
  await reconcileStorage({ ...world, renditions })
  expect(seen[0]).toBe(lastOfImages[0])
})
