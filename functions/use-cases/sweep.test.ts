import { afterEach, describe, expect, it } from 'vitest'
import { abandon, markDeleted, start } from '../core/image-lifecycle.ts'
import { type ImageRecord, presentImage } from '../core/image-record.ts'
import type { QueueDepth } from '../core/ports.ts'
import { beginUpload } from './begin-upload.ts'
import { completeUpload } from './complete-upload.ts'
import { deleteImage } from './delete-image.ts'
import { processImage } from './process-image.ts'
import { sweep } from './sweep.ts'
import {
  inMemoryCheckpoints,
  inMemoryDeadLetters,
  inMemoryDeadUpdates,
  untraceable,
} from './testing/in-memory-ports.ts'
import { pngBytes } from './testing/pictures.ts'
import { createWorld, lastJob, recordOf, uploadOne, type World } from './testing/world.ts'

const minute = 60_000
const idle: QueueDepth = { waiting: 0, in_flight: 0, dead: 0 }
const full: QueueDepth = { waiting: 300, in_flight: 4, dead: 0 }

const worlds: World[] = []

afterEach(() => {
  for (const { log } of worlds.splice(0)) expect(untraceable(log)).toEqual([])
})

function sweeperWorld(depths: Partial<Record<'high' | 'normal' | 'low', QueueDepth>> = {}) {
  const world = createWorld()
  worlds.push(world)
  return {
    ...world,
    checkpoints: inMemoryCheckpoints(),
    deadLetters: inMemoryDeadLetters(world.ambient.now),
    deadUpdates: inMemoryDeadUpdates(),
    queueDepths: { read: async () => ({ high: idle, normal: idle, low: idle, ...depths }) },
    useQueue: true,
    remainingMs: () => 50_000,
  }
}

describe('a job that was lost', () => {
  it('is sent again once the queues are empty, and worked once', async () => {
    const world = sweeperWorld()
    const { record, job } = await uploadOne(world)
    world.ambient.advance(2 * minute)
    await sweep(world)
    expect(world.jobs.sent).toHaveLength(1)

    world.ambient.advance(1)
    await sweep(world)
    expect(world.jobs.sent.at(-1)).toMatchObject({ priority: 'high', job: { job_id: job.job_id, reason: 'upload' } })
    expect(world.updates.events.at(-1)).toMatchObject({ type: 'image:updated', image_id: record.id })
    await sweep(world)
    expect(world.jobs.sent).toHaveLength(2)

    await processImage(world, lastJob(world))
    await processImage(world, job)
    expect(recordOf(world, record.id)).toMatchObject({ processing_status: 'complete', processing_attempts: 1 })
  })

  /** When the job of an image is sent again: in minutes from its upload, of those that were asked for. */
  async function resentAfter(world: ReturnType<typeof sweeperWorld>, minutes: readonly number[]) {
    const began = world.ambient.now().getTime()
    const resent: number[] = []
    for (const [looks, at] of minutes.entries()) {
      world.ambient.advance(began + at * minute + looks + 1 - world.ambient.now().getTime())
      const before = world.jobs.sent.length
      await sweep(world)
      if (world.jobs.sent.length > before) resent.push(at)
    }
    return resent
  }

  it('may be on its way, and is waited for twice as long each time that it is sent again', async () => {
    const world = sweeperWorld()
    await uploadOne(world)
    expect(await resentAfter(world, [1, 2, 3, 5, 6, 13, 14, 29, 30])).toEqual([2, 6, 14, 30])
  })

  it.each(['high', 'normal'] as const)(
    'may be in the queue %s while that is not empty, and is waited for',
    async (priority) => {
      const world = sweeperWorld({ [priority]: { ...idle, in_flight: 1 } })
      await uploadOne(world)
      expect(await resentAfter(world, [2, 14, 15, 30, 44, 45, 104, 105])).toEqual([15, 45, 105])
    },
  )

  it('is not looked for behind all that waits in the low queue while the image has no thumbnails', async () => {
    const world = sweeperWorld({ low: { ...idle, waiting: 10_000 } })
    const { record } = await uploadOne(world)
    expect(await resentAfter(world, [1, 2])).toEqual([2])
    world.images.records.set(record.id, { ...recordOf(world, record.id), thumbnail_status: 'complete', resends: 0 })
    expect(await resentAfter(world, [3, 14, 15])).toEqual([15])
  })

  it('that went past the queues is where nobody counts, and is waited for although they are empty', async () => {
    const world = { ...sweeperWorld(), useQueue: false }
    await uploadOne(world)
    expect(await resentAfter(world, [2, 4, 5, 7, 14, 15, 34, 35])).toEqual([5, 15, 35])
  })

  it('is sent again, later, while the queues cannot be counted, and keeps its count until a worker takes it', async () => {
    const world = { ...sweeperWorld(), queueDepths: { read: () => Promise.reject(new Error('away')) } }
    const { record, job } = await uploadOne(world)
    world.ambient.advance(5 * minute + 1)
    await expect(sweep(world)).rejects.toThrow('1 parts of the sweep failed')
    expect(world.jobs.sent).toHaveLength(2)
    expect(recordOf(world, record.id).resends).toBe(1)
    await processImage(world, job)
    expect(recordOf(world, record.id).resends).toBe(0)
  })

  it('of a worker that died is sent again, and the death counts as a failure', async () => {
    const world = sweeperWorld()
    const { record } = await uploadOne(world)
    const held = start(record, { owner: 'dead', leaseMs: world.leaseMs }, world.ambient.now())
    await world.images.save(held, record.revision)
    world.ambient.advance(world.leaseMs + 2 * minute + 1)
    await sweep(world)
    expect(world.measured).toEqual({ JobResent: 1 })
    await processImage(world, lastJob(world))
    expect(recordOf(world, record.id)).toMatchObject({ processing_status: 'complete', processing_attempts: 2 })
  })

  it('is not looked for where a retry is due later', async () => {
    const world = sweeperWorld()
    const { record } = await uploadOne(world)
    const next_retry_at = new Date(world.ambient.now().getTime() + 10 * minute).toISOString()
    await world.images.save({ ...record, next_retry_at }, record.revision)
    world.ambient.advance(11 * minute)
    await sweep(world)
    expect(world.jobs.sent).toHaveLength(1)
  })
})

describe('a multitude of images that wait', () => {
  const count = 12_001

  /** Waiting images in the order of their upload; of them, those at these places have been waiting for too long. */
  async function waiting(lost: readonly number[]) {
    const world = sweeperWorld()
    const { record } = await uploadOne(world)
    world.ambient.advance(60 * minute)
    const now = world.ambient.now()
    world.images.records.clear()
    const ids = Array.from({ length: count }, (_, at) => at.toString(16).padStart(64, '0'))
    for (const [at, id] of ids.entries()) {
      const updated_at = lost.includes(at) ? record.updated_at : now.toISOString()
      world.images.records.set(id, { ...record, id, updated_at })
    }
    const looks: number[] = []
    const untouchedSince: typeof world.images.untouchedSince = (before, status, stretch) => {
      if (status === 'pending') looks.push(stretch.length)
      return world.images.untouchedSince(before, status, stretch)
    }
    const resent = () => world.jobs.sent.slice(1).map(({ job }) => ids.indexOf(job.image_id))
    return { world: { ...world, images: { ...world.images, untouchedSince } }, looks, resent }
  }
  const read = (looks: readonly number[]) => looks.reduce((sum, length) => sum + length, 0)

  it('costs a run no more than 5,000 of them, and after so many runs each has been looked at', async () => {
    const { world, looks, resent } = await waiting([4_999, 5_000, 12_000])
    await sweep(world)
    expect([read(looks), resent()]).toEqual([5_000, [4_999]])
    await sweep(world)
    expect([read(looks), resent()]).toEqual([10_000, [4_999, 5_000]])
    await sweep(world)
    expect(resent()).toEqual([4_999, 5_000, 12_000])
  })

  it('is begun anew once it has been gone through', async () => {
    const { world, resent } = await waiting([])
    for (let run = 0; run < 3; run++) await sweep(world)
    world.ambient.advance(2 * minute + 1)
    await sweep(world)
    expect(resent().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 5_000 }, (_, at) => at))
  })

  it('is not sent twice while a long queue may hold all of it: a hundred of each priority in a run', async () => {
    const { world, resent } = await waiting([])
    const records = [...world.images.records.values()].slice(0, 300)
    world.images.records.clear()
    for (const [at, record] of records.entries()) {
      const thumbnail_status = at < 150 ? 'complete' : 'pending'
      world.images.records.set(record.id, { ...record, thumbnail_status })
    }
    world.ambient.advance(15 * minute + 1)
    const busy = { ...world, queueDepths: { read: async () => ({ high: full, normal: idle, low: idle }) } }
    await sweep(busy)
    const byPriority = Object.groupBy(world.jobs.sent.slice(1), ({ priority }) => priority)
    expect([byPriority.low?.length, byPriority.high?.length]).toEqual([100, 100])
    await sweep(busy)
    expect(new Set(resent()).size).toBe(300)
  })

  it('is gone through although one of them ends the function each time', async () => {
    const { world, resent } = await waiting([0, 500])
    const save: typeof world.images.save = (record, previous) =>
      Number(record.id) === 0 ? new Promise(() => {}) : world.images.save(record, previous)
    void sweep({ ...world, images: { ...world.images, save } })
    await expect.poll(resent).toEqual([500])
  })

  it('is left for the next run when the time runs out', async () => {
    const { world, looks } = await waiting([])
    let left = 60_000
    await sweep({ ...world, remainingMs: () => (left -= 15_000) })
    const first = read(looks)
    expect(first).toBeLessThan(5_000)
    await sweep(world)
    expect(read(looks)).toBe(first + 5_000)
  })
})

describe('a deletion that broke off', () => {
  it('is finished: neither objects nor record stay', async () => {
    const world = sweeperWorld()
    const { record, job } = await uploadOne(world)
    await processImage(world, job)
    const complete = recordOf(world, record.id)
    await world.images.save(markDeleted(complete, world.ambient.now()), complete.revision)
    world.ambient.advance(2 * minute + 1)
    await sweep(world)
    const left = [world.images.records.size, world.originals.objects.size, world.renditions.objects.size]
    expect(left).toEqual([0, 0, 0])
    expect(world.updates.events.at(-1)).toMatchObject({ type: 'image:deleted', image_id: record.id })
  })

  it('is not finished where an index that is behind names an image that was uploaded again', async () => {
    const world = sweeperWorld()
    const { record } = await uploadOne(world)
    const untouchedSince: typeof world.images.untouchedSince = async (_before, status) => ({
      records: status === 'deleting' ? [record] : [],
      next: null,
    })
    await sweep({ ...world, images: { ...world.images, untouchedSince } })
    expect(recordOf(world, record.id)).toEqual(record)
  })

  it('is not finished where somebody was quicker, and the photo has been sent again since it was found', async () => {
    const world = sweeperWorld()
    const { record } = await uploadOne(world)
    await world.images.save(markDeleted(record, world.ambient.now()), record.revision)
    world.ambient.advance(2 * minute + 1)
    const untouchedSince: typeof world.images.untouchedSince = async (before, status, stretch) => {
      const found = await world.images.untouchedSince(before, status, stretch)
      if (status !== 'deleting') return found
      await deleteImage(world, record.id)
      await uploadOne(world)
      return found
    }
    await sweep({ ...world, images: { ...world.images, untouchedSince } })
    const again = recordOf(world, record.id)
    expect(again.deleted_at).toBeNull()
    expect(world.originals.objects.has(again.original_key)).toBe(true)
    expect(world.measured.DeletionFinished).toBeUndefined()
  })
})

describe('a dead letter', () => {
  const withDead = { high: { ...idle, dead: 1 } }

  it('makes its image fail, once, and stays for a redrive', async () => {
    const world = sweeperWorld(withDead)
    const { record, job } = await uploadOne(world)
    world.deadLetters.letters.high.push({ job, receipt: 'r-1' })
    await sweep(world)
    await sweep(world)
    expect(recordOf(world, record.id)).toMatchObject({
      processing_status: 'failed',
      processing_error: { code: 'worker_crashed' },
      revision: record.revision + 1,
    })
    const failures = world.updates.events.filter(({ type }) => type === 'image:processing:failed')
    expect(failures).toHaveLength(1)
    expect(world.measured).toEqual({ ImageAbandoned: 1 })
    expect(await world.deadLetters.receive('high', 10)).toHaveLength(1)
  })

  it('of a job that came directly is done with', async () => {
    const world = sweeperWorld()
    const { record, job } = await uploadOne(world)
    world.deadLetters.letters.direct.push({ job, receipt: 'r-1' }, { job: null, receipt: 'r-2' })
    await sweep(world)
    expect(recordOf(world, record.id).processing_status).toBe('failed')
    expect(world.deadLetters.letters.direct).toEqual([{ job: null, receipt: 'r-2' }])
  })

  it('of a job that came directly stays while a worker may hold its image, and is done with once that has died', async () => {
    const world = sweeperWorld()
    const { record, job } = await uploadOne(world)
    const held = start(record, { owner: 'out of memory', leaseMs: world.leaseMs }, world.ambient.now())
    await world.images.save(held, record.revision)
    world.deadLetters.letters.direct.push({ job, receipt: 'r-1' })
    await sweep(world)
    expect(recordOf(world, record.id)).toEqual(held)
    expect(world.deadLetters.letters.direct).toHaveLength(1)
    world.ambient.advance(world.leaseMs + 1)
    await sweep(world)
    expect(recordOf(world, record.id)).toMatchObject({ processing_status: 'failed' })
    expect(world.deadLetters.letters.direct).toEqual([])
  })

  it.each(['high', 'direct'] as const)(
    'in box %s says that its image failed until that was heard, and then no more',
    async (box) => {
      const world = sweeperWorld(withDead)
      const { record, job } = await uploadOne(world)
      world.deadLetters.letters[box].push({ job, receipt: 'r-1' })
      const deaf = { ...world, updates: { ...world.updates, publish: () => Promise.reject(new Error('away')) } }
      for (let run = 0; run < 2; run++) await expect(sweep(deaf)).rejects.toThrow('1 parts of the sweep failed')
      expect(world.deadLetters.letters[box]).toHaveLength(1)
      expect(world.measured).toMatchObject({ ImageAbandoned: 1, EventUnpublished: 2 })
      world.ambient.advance(minute)
      for (let run = 0; run < 2; run++) await sweep(world)
      const told = world.updates.events.filter(({ type }) => type === 'image:processing:failed')
      expect(told).toMatchObject([{ image_id: record.id, revision: record.revision + 1 }])
      expect(world.deadLetters.letters[box]).toHaveLength(box === 'direct' ? 0 : 1)
    },
  )

  it('of a job whose worker did everything but tell tells the end for it', async () => {
    const world = sweeperWorld(withDead)
    const { record, job } = await uploadOne(world)
    const isEnd = (type: string) => type === 'image:processing:complete'
    const publish: typeof world.updates.publish = (event) =>
      isEnd(event.type) ? Promise.reject(new Error('away')) : world.updates.publish(event)
    await expect(processImage({ ...world, updates: { ...world.updates, publish } }, job)).rejects.toThrow('away')
    world.deadLetters.letters.high.push({ job, receipt: 'r-1' })
    for (let run = 0; run < 2; run++) await sweep(world)
    expect(world.updates.events.filter(({ type }) => isEnd(type))).toMatchObject([{ image_id: record.id }])
    expect(world.measured).toMatchObject({ UpdateResent: 2 })
    const lines = world.log.lines.filter(({ message }) => message.startsWith('The end of a dead job was told'))
    expect(lines).toMatchObject([{ about: { image_id: record.id, correlation_id: 'c-1', updates: 2 } }])
  })

  it('is looked at however many there are, and those that had their turn do not stand before it', async () => {
    const world = sweeperWorld({ high: { ...idle, dead: 2_501 } })
    const { record, job } = await uploadOne(world)
    const others = Array.from({ length: 2_500 }, (_, at) => ({ job: null, receipt: `other-${at}` }))
    world.deadLetters.letters.high.push(...others, { job, receipt: 'last' })
    const statusAfterARun = async () => {
      await sweep(world)
      world.ambient.advance(minute)
      return recordOf(world, record.id).processing_status
    }
    expect([await statusAfterARun(), await statusAfterARun(), await statusAfterARun()]).toEqual([
      'pending',
      'pending',
      'failed',
    ])
    world.ambient.advance(4 * minute)
    expect(await world.deadLetters.receive('high', 3_000)).toHaveLength(2_501)
  })

  it('is looked at as one of a thousand, and all of them can be redriven at once', async () => {
    const world = sweeperWorld({ high: { ...idle, dead: 999 } })
    const letters = Array.from({ length: 999 }, (_, at) => ({ job: null, receipt: `r-${at}` }))
    world.deadLetters.letters.high.push(...letters)
    await sweep(world)
    expect(await world.deadLetters.receive('high', 2_000)).toHaveLength(999)
  })

  it.each([
    [
      'is held by a worker',
      async (world: ReturnType<typeof sweeperWorld>) => {
        const [record] = world.images.records.values()
        if (record === undefined) throw new Error('Expected a record')
        await world.images.save(start(record, { owner: 'w', leaseMs: 75_000 }, world.ambient.now()), record.revision)
      },
    ],
    [
      'waits for a newer job',
      async (world: ReturnType<typeof sweeperWorld>) => {
        const [record] = world.images.records.values()
        if (record === undefined) throw new Error('Expected a record')
        const newer = { ...record, revision: record.revision + 1, job_id: '01KAQ9ZXH0000000000000000Z' }
        await world.images.save(newer, record.revision)
      },
    ],
    ['is deleted', async (world: ReturnType<typeof sweeperWorld>) => world.images.records.clear()],
  ])('changes nothing of an image that %s', async (_what, happens) => {
    const world = sweeperWorld(withDead)
    const { job } = await uploadOne(world)
    await happens(world)
    const before = new Map(world.images.records)
    world.deadLetters.letters.high.push({ job, receipt: 'r-1' })
    await sweep(world)
    expect(world.images.records).toEqual(before)
  })

  it.each([
    [
      'has failed',
      async (world: ReturnType<typeof sweeperWorld>, record: ImageRecord) => {
        await world.images.save(abandon(record, world.ambient.now()), record.revision)
      },
    ],
    ['is complete', async (world: ReturnType<typeof sweeperWorld>) => void (await processImage(world, lastJob(world)))],
  ])('leaves an image that %s as it is', async (_what, happens) => {
    const world = sweeperWorld(withDead)
    const { record, job } = await uploadOne(world)
    await happens(world, record)
    const before = recordOf(world, record.id)
    world.deadLetters.letters.high.push({ job, receipt: 'r-1' })
    await sweep(world)
    expect(presentImage(recordOf(world, record.id))).toEqual(presentImage(before))
  })
})

describe('an upload', () => {
  async function begin(world: ReturnType<typeof sweeperWorld>, bytes: Uint8Array = pngBytes()) {
    const { createHash } = await import('node:crypto')
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const begun = await beginUpload(
      world,
      { filename: 'photo.png', size: bytes.length, content_type: 'image/png', sha256 },
      'c-1',
    )
    if (begun.kind !== 'begun') throw new Error('Expected an upload to begin')
    const upload = world.uploads.pending.get(begun.answer.upload.id)
    if (upload === undefined) throw new Error('Expected the upload to be kept')
    return { upload, arrive: () => world.originals.objects.set(upload.original_key, bytes) }
  }

  it('that arrived and was never completed is completed, after the client has had its time', async () => {
    const world = sweeperWorld()
    const { upload, arrive } = await begin(world)
    arrive()
    world.ambient.advance(minute)
    await sweep(world)
    expect(world.jobs.sent).toEqual([])
    world.ambient.advance(1)
    await sweep(world)
    expect(world.jobs.sent).toHaveLength(1)
    expect(recordOf(world, upload.sha256)).toMatchObject({ processing_status: 'pending', correlation_id: 'c-1' })
    expect(world.uploads.settled).toEqual(new Set([upload.id]))
  })

  it('that its client completed is settled, and changes nothing', async () => {
    const world = sweeperWorld()
    const { upload, arrive } = await begin(world)
    arrive()
    await completeUpload(world, upload.id)
    await processImage(world, lastJob(world))
    world.ambient.advance(minute + 1)
    const before = recordOf(world, upload.sha256)
    await sweep(world)
    expect(recordOf(world, upload.sha256)).toEqual(before)
    expect(world.uploads.settled).toEqual(new Set([upload.id]))
  })

  it('whose bytes are refused leaves nothing behind but the reason', async () => {
    const world = sweeperWorld()
    const { upload, arrive } = await begin(world, Buffer.from('%PDF-1.7 no picture'))
    arrive()
    world.ambient.advance(minute + 1)
    await sweep(world)
    expect([world.originals.objects.size, world.images.records.size]).toEqual([0, 0])
    expect(world.measured).toEqual({ UploadRefused: 1 })
    expect(world.uploads.settled).toEqual(new Set([upload.id]))
    await expect(completeUpload(world, upload.id)).rejects.toMatchObject({ code: 'unsupported_format' })
  })

  it('that was refused, and whose bytes could not be deleted then, is rid of them', async () => {
    const world = sweeperWorld()
    const { upload, arrive } = await begin(world, Buffer.from('%PDF-1.7 no picture'))
    arrive()
    const originals = { ...world.originals, delete: () => Promise.reject(new Error('away')) }
    await expect(completeUpload({ ...world, originals }, upload.id)).rejects.toThrow()
    world.ambient.advance(minute + 1)
    await expect(sweep({ ...world, originals })).rejects.toThrow('1 parts')
    await sweep(world)
    expect(world.originals.objects.size).toBe(0)
    expect(world.measured).toEqual({})
    expect(world.uploads.settled).toEqual(new Set([upload.id]))
  })

  it('keeps its bytes when nobody could say whether they are taken', async () => {
    const world = sweeperWorld()
    const { arrive } = await begin(world)
    arrive()
    world.ambient.advance(minute + 1)
    const images = { ...world.images, create: async () => false, get: async () => null }
    await expect(sweep({ ...world, images })).rejects.toThrow('1 parts')
    expect(world.originals.objects.size).toBe(1)
    await sweep(world)
    expect(world.images.records.size).toBe(1)
  })

  it('that never arrived is waited for as long as a PUT can last that began in time, and then closed', async () => {
    const world = sweeperWorld()
    const { upload } = await begin(world)
    world.ambient.advance(179 * minute)
    await sweep(world)
    expect(world.uploads.settled.size).toBe(0)
    world.ambient.advance(minute)
    await sweep(world)
    expect(world.uploads.settled).toEqual(new Set([upload.id]))
    expect(world.measured).toEqual({ UploadAbandoned: 1 })
  })

  it('that is still under way when another one of the same photo is complete is waited for, and leaves nothing', async () => {
    const world = sweeperWorld()
    const [first, slow] = [await begin(world), await begin(world)]
    first.arrive()
    await completeUpload(world, first.upload.id)
    world.ambient.advance(minute + 1)
    await sweep(world)
    expect(world.uploads.settled).toEqual(new Set([first.upload.id]))
    slow.arrive()
    await sweep(world)
    expect([...world.originals.objects.keys()]).toEqual([first.upload.original_key])
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({ about: expect.objectContaining({ key: slow.upload.original_key }) }),
    )
    expect(world.uploads.settled).toEqual(new Set([first.upload.id, slow.upload.id]))
  })

  it('that came to nothing because the photo was known is settled in the end', async () => {
    const world = sweeperWorld()
    const [first, other] = [await begin(world), await begin(world)]
    first.arrive()
    await completeUpload(world, first.upload.id)
    world.ambient.advance(180 * minute)
    await sweep(world)
    expect(world.uploads.settled).toContain(other.upload.id)
    expect(world.log.lines).toContainEqual({
      level: 'info',
      message: 'An upload is closed: its photo is known',
      about: { upload_id: other.upload.id, image_id: other.upload.sha256, correlation_id: 'c-1' },
    })
    expect(world.measured).not.toHaveProperty('UploadAbandoned')
  })

  it('is come to although one of those before it ends the function each time', async () => {
    const world = sweeperWorld()
    for (const salt of ['a', 'b', 'c']) (await begin(world, pngBytes({ salt }))).arrive()
    const [poison] = world.uploads.pending.values()
    const open: typeof world.originals.open = (key) =>
      key === poison?.original_key ? new Promise(() => {}) : world.originals.open(key)
    const originals = { ...world.originals, open }
    world.ambient.advance(minute + 1)
    let pages = 0
    // A page has two, and the first run gets no further than the first of them.
    const unsettled: typeof world.uploads.unsettled = (...page) => {
      pages += 1
      return pages > 1 ? new Promise(() => {}) : world.uploads.unsettled(...page)
    }
    void sweep({ ...world, originals, uploads: { ...world.uploads, unsettled } })
    await expect.poll(() => pages).toBe(2)
    await sweep({ ...world, originals })
    expect(world.uploads.settled.size).toBe(2)
  })

  it('is left for the next run when the time runs out', async () => {
    const world = sweeperWorld()
    for (const salt of ['a', 'b', 'c', 'd', 'e']) (await begin(world, pngBytes({ salt }))).arrive()
    world.ambient.advance(minute + 1)
    let left = 60_000
    await sweep({ ...world, remainingMs: () => (left -= 5_000) })
    expect(world.images.records.size).toBeLessThan(5)
    for (let run = 0; run < 2; run++) await sweep(world)
    expect(world.images.records.size).toBe(5)
  })

  it('is found however many others there are', async () => {
    const world = sweeperWorld()
    for (const salt of ['a', 'b', 'c', 'd', 'e']) (await begin(world, pngBytes({ salt }))).arrive()
    world.ambient.advance(minute + 1)
    await sweep(world)
    expect(world.images.records.size).toBe(5)
  })

  it('that fails every time keeps no other from being completed', async () => {
    const world = sweeperWorld()
    const poison = await begin(world, pngBytes({ salt: 'a' }))
    const other = await begin(world, pngBytes({ salt: 'b' }))
    poison.arrive()
    other.arrive()
    world.ambient.advance(minute + 1)
    const open: typeof world.originals.open = (key) =>
      key === poison.upload.original_key ? Promise.reject(new Error('No.')) : world.originals.open(key)
    await expect(sweep({ ...world, originals: { ...world.originals, open } })).rejects.toThrow('1 parts')
    expect([...world.images.records.keys()]).toEqual([other.upload.sha256])
    expect(world.uploads.settled).toEqual(new Set([other.upload.id]))
  })
})

it('goes on with the others of a part when one of them fails every time, and fails in the end', async () => {
  const world = sweeperWorld()
  for (const salt of ['a', 'b', 'c']) await uploadOne(world, salt)
  const [poison] = world.images.records.keys()
  world.ambient.advance(2 * minute + 1)
  const get: typeof world.images.get = (id) => (id === poison ? Promise.reject(new Error('No.')) : world.images.get(id))
  const save: typeof world.images.save = (record, previous) =>
    record.id === poison ? Promise.reject(new Error('No.')) : world.images.save(record, previous)
  await expect(sweep({ ...world, images: { ...world.images, get, save } })).rejects.toThrow(
    '1 parts of the sweep failed',
  )
  expect(world.jobs.sent).toHaveLength(5)
})

it('goes on with the rest when a part fails, and fails in the end', async () => {
  const world = sweeperWorld()
  await uploadOne(world)
  world.ambient.advance(2 * minute + 1)
  const uploads = { ...world.uploads, unsettled: () => Promise.reject(new Error('away')) }
  await expect(sweep({ ...world, uploads })).rejects.toThrow('1 parts of the sweep failed')
  expect(world.jobs.sent).toHaveLength(2)
})

it('goes on with all that needs no count when the queues cannot be counted, and fails in the end', async () => {
  const world = sweeperWorld()
  const deleted = (await uploadOne(world, 'a')).record
  await world.images.save(markDeleted(deleted, world.ambient.now()), deleted.revision)
  const { record, job } = await uploadOne(world, 'b')
  world.deadLetters.letters.direct.push({ job, receipt: 'r-1' })
  world.ambient.advance(2 * minute + 1)
  const queueDepths = { read: () => Promise.reject(new Error('away')) }
  await expect(sweep({ ...world, queueDepths })).rejects.toThrow('1 parts of the sweep failed')
  expect([...world.images.records.keys()]).toEqual([record.id])
  expect(recordOf(world, record.id).processing_status).toBe('failed')
})
