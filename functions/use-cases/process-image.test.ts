import type { ImageEvent } from '@glowworm/events/image-events'
import type { ProcessImageJob } from '@glowworm/events/jobs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ImageError } from '../core/errors.ts'
import type { ImageRecord } from '../core/image-record.ts'
import { deleteImage } from './delete-image.ts'
import { type ProcessImagePorts, processImage } from './process-image.ts'
import { retryProcessing } from './retry-processing.ts'
import { fakeRenderer } from './testing/fake-renderer.ts'
import { failingOnce, intercepted, Killed, mortal } from './testing/faults.ts'
import { createWorld, lastJob, recordOf, uploadOne, type World } from './testing/world.ts'

const visibilityMs = 6 * 60_000

/** Delivers the job until it is acknowledged, as the queue would; `first` stands for the process of the first delivery. */
async function deliver(
  world: World,
  job: Parameters<typeof processImage>[1],
  ...processes: readonly ProcessImagePorts[]
): Promise<number> {
  for (let delivery = 1; delivery <= 10; delivery++) {
    try {
      const outcome = await processImage(processes[delivery - 1] ?? world, job)
      if (outcome.kind === 'done') return delivery
      world.ambient.advance(outcome.afterSeconds * 1000)
    } catch (error) {
      if (!(error instanceof Killed) && !(error instanceof ImageError)) throw error
      world.ambient.advance(visibilityMs)
    }
  }
  throw new Error('Expected the job to be acknowledged within 10 deliveries, which is when its queue gives up')
}

const typesOf = (events: readonly ImageEvent[]) => events.map(({ type }) => type.replace('image:processing:', ''))
const ofType = (events: readonly ImageEvent[], type: string) =>
  events.filter((event) => event.type === `image:processing:${type}`)
const revisionsOf = (events: readonly ImageEvent[], type: string) => [
  ...new Set(ofType(events, type).map(({ revision }) => revision)),
]

/** How many calls one undisturbed delivery makes. */
async function countCalls(): Promise<number> {
  const world = createWorld()
  const { job } = await uploadOne(world)
  const process = mortal(world, Number.POSITIVE_INFINITY, 'before')
  await processImage(process.ports, job)
  return process.calls()
}

const callsOfOneDelivery = await countCalls()
const everyCall = Array.from({ length: callsOfOneDelivery }, (_, index) => index + 1)
const everyMoment = everyCall.flatMap((call) => [[call, 'before'] as const, [call, 'after'] as const])

function expectComplete(world: World, id: string) {
  const record = recordOf(world, id)
  expect(record).toMatchObject({
    processing_status: 'complete',
    thumbnail_status: 'complete',
    variant_status: 'complete',
    processing_error: null,
    consecutive_failures: 0,
    lease: null,
    dominant_color: '#112233',
  })
  expect(Object.keys(record.renditions)).toHaveLength(12)
  for (const { key } of Object.values(record.renditions)) expect(world.renditions.objects.has(key)).toBe(true)
  const complete = ofType(world.updates.events, 'complete')
  expect(new Set(complete.map(({ revision }) => revision))).toEqual(new Set([record.revision]))
}

describe('processing an image', () => {
  it('announces every step in order, and ends complete', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    expect(await deliver(world, job)).toBe(1)

    expectComplete(world, record.id)
    const events = world.updates.events
    expect(typesOf(events).filter((type) => type !== 'progress')).toEqual([
      'image:created',
      'started',
      'thumbnail_complete',
      'variant_complete',
      'complete',
    ])
    expect(ofType(events, 'progress')).toHaveLength(12)
    const progress = events.map((event) => event.progress)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    expect(progress.at(-1)).toBe(100)
    const states = events.filter(({ type }) => type !== 'image:processing:progress').map(({ revision }) => revision)
    const first = states[0] ?? 0
    expect(states).toEqual([first, first + 1, first + 2, first + 3, first + 4])
  })

  it('announces the thumbnails while the variants are still to come', async () => {
    const world = createWorld()
    const { job } = await uploadOne(world)
    await deliver(world, job)
    const types = typesOf(world.updates.events)
    const thumbnails = world.updates.events[types.indexOf('thumbnail_complete')]
    expect(thumbnails).toMatchObject({
      status: 'processing',
      progress: 50,
      data: { image: { thumbnail_status: 'complete', variant_status: 'processing', dominant_color: '#112233' } },
    })
    expect(types.lastIndexOf('progress')).toBeGreaterThan(types.indexOf('thumbnail_complete'))
  })

  it('does no second work for a second delivery, and says the same again', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    await deliver(world, job)
    const stored = recordOf(world, record.id)
    const said = world.updates.events.length

    expect(await processImage(world, job)).toEqual({ kind: 'done' })
    expect(recordOf(world, record.id)).toBe(stored)
    expect(world.renderer.rendered).toHaveLength(12)
    const again = world.updates.events.slice(said)
    expect(typesOf(again)).toEqual(['variant_complete', 'complete'])
    const first = world.updates.events.slice(said - 2, said)
    expect(again.map(({ data, revision }) => ({ data, revision }))).toEqual(
      first.map(({ data, revision }) => ({ data, revision })),
    )
  })

  it('leaves an image alone that another worker has, and comes back after its lease', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    const outcomes = await Promise.all([processImage(world, job), processImage(world, job)])
    expect(outcomes).toContainEqual({ kind: 'done' })
    expect(outcomes).toContainEqual({ kind: 'held', afterSeconds: 76 })
    expect(world.renderer.rendered).toHaveLength(12)
    expectComplete(world, record.id)
  })

  it('drops a job whose place a newer one has taken', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    await retryProcessing(world, record.id)
    expect(await processImage(world, job)).toEqual({ kind: 'done' })
    expect(recordOf(world, record.id).processing_status).toBe('pending')
    expect(await processImage(world, lastJob(world))).toEqual({ kind: 'done' })
    expectComplete(world, record.id)
  })

  it('drops the job of an image that does not exist', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    await deleteImage(world, record.id)
    expect(await processImage(world, job)).toEqual({ kind: 'done' })
    expect(world.images.records.size).toBe(0)
  })
})

describe('a worker that is killed', () => {
  it.each(everyMoment)(
    'at call %i, %s its effect, leaves an image that the next delivery completes',
    async (at, when) => {
      const world = createWorld()
      const { record, job } = await uploadOne(world)
      await deliver(world, job, mortal(world, at, when).ports)
      expectComplete(world, record.id)
      const events = world.updates.events
      expect(ofType(events, 'thumbnail_complete').length + ofType(events, 'complete').length).toBeGreaterThanOrEqual(2)
      expect(revisionsOf(events, 'complete')).toHaveLength(1)
      expect(revisionsOf(events, 'variant_complete')).toEqual(revisionsOf(events, 'complete').map((last) => last - 1))
    },
  )

  it('twice, at any two moments, still leaves one correct outcome', async () => {
    const moment = fc.tuple(
      fc.integer({ min: 1, max: callsOfOneDelivery }),
      fc.constantFrom('before' as const, 'after' as const),
    )
    await fc.assert(
      fc.asyncProperty(moment, moment, async (first, second) => {
        const world = createWorld()
        const { record, job } = await uploadOne(world)
        await deliver(world, job, mortal(world, ...first).ports, mortal(world, ...second).ports)
        expectComplete(world, record.id)
      }),
      { numRuns: 60 },
    )
  })

  it('three times in a row opens the breaker, and says so', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    const dyingWhileRendering = () => mortal(world, 9, 'before').ports
    await deliver(world, job, dyingWhileRendering(), dyingWhileRendering(), dyingWhileRendering())

    expect(recordOf(world, record.id)).toMatchObject({
      processing_status: 'failed',
      processing_error: { code: 'worker_crashed' },
      consecutive_failures: 3,
      lease: null,
    })
    expect(world.updates.events.at(-1)).toMatchObject({
      type: 'image:processing:failed',
      error: { code: 'worker_crashed' },
      data: { next_retry_at: null },
    })
  })

  it('makes nothing again that was recorded before it died', async () => {
    const renderer = fakeRenderer()
    const world = createWorld(renderer)
    const { record, job } = await uploadOne(world)
    await expect(processImage(mortal(world, callsOfOneDelivery - 2, 'before').ports, job)).rejects.toThrow(Killed)
    expect(recordOf(world, record.id).thumbnail_status).toBe('complete')
    await deliver(world, job)
    await deliver(world, job)
    const thumbnails = renderer.rendered.filter((name) => !name.includes('x'))
    expect(thumbnails).toHaveLength(6)
    expectComplete(world, record.id)
  })
})

describe('a call that fails once', () => {
  const busy = new ImageError('storage_unavailable', 'Slow down.')
  it.each(everyMoment)('at call %i, %s its effect, is made good', async (at, when) => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    await deliver(world, job, failingOnce(world, at, when, busy).ports)
    expectComplete(world, record.id)
  })
})

describe('an image that is deleted while a worker has it', () => {
  it.each(everyMoment)('at call %i, %s its effect, leaves nothing behind', async (at, when) => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    const process = intercepted(world, async (call, act) => {
      if (call === at && when === 'before') await deleteImage(world, record.id)
      const answer = await act()
      if (call === at && when === 'after') await deleteImage(world, record.id)
      return answer
    })
    await deliver(world, job, process.ports)
    expect(world.images.records.size).toBe(0)
    expect([...world.renditions.objects.keys()]).toEqual([])
    expect([...world.originals.objects.keys()]).toEqual([])
  })

  it.each(everyMoment)('by a worker killed at call %i, %s its effect, leaves nothing behind', async (at, when) => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    await processImage(mortal(world, at, when).ports, job).catch(() => {})
    await deleteImage(world, record.id)
    await deliver(world, job)
    expect(world.images.records.size).toBe(0)
    expect([...world.renditions.objects.keys()]).toEqual([])
  })
})

describe('an image that is deleted and sent again while a worker has it', () => {
  it.each(everyMoment)('at call %i, %s its effect, is only ever that of the second upload', async (at, when) => {
    const world = createWorld()
    const first = await uploadOne(world)
    const second: { record: ImageRecord; job: ProcessImageJob }[] = []
    const replace = async () => {
      await deleteImage(world, first.record.id)
      world.ambient.advance(1_000)
      second.push(await uploadOne(world))
    }
    const process = intercepted(world, async (call, act) => {
      if (call === at && when === 'before') await replace()
      const answer = await act()
      if (call === at && when === 'after') await replace()
      return answer
    })
    await deliver(world, first.job, process.ports)
    const [sent] = second
    if (sent === undefined) throw new Error('Expected the second upload to have taken place')
    await deliver(world, sent.job)
    const record = recordOf(world, sent.record.id)
    expect(record).toMatchObject({ processing_status: 'complete', job_id: sent.job.job_id })
    expect([...world.originals.objects.keys()]).toEqual([record.original_key])
    expect(record.revision).toBeGreaterThan(first.record.revision + 1_000 - 1)
  })
})

describe('an image that cannot be processed', () => {
  it('fails at once, without retries, when the picture is to blame', async () => {
    const damaged = new ImageError('corrupt_image', 'The picture is damaged.')
    const world = createWorld(fakeRenderer({ at: '150.jpg', error: damaged }))
    const { record, job } = await uploadOne(world)
    expect(await deliver(world, job)).toBe(1)
    expect(recordOf(world, record.id)).toMatchObject({
      processing_status: 'failed',
      thumbnail_status: 'failed',
      variant_status: 'failed',
      processing_error: { code: 'corrupt_image', stage: 'thumbnails' },
      processing_attempts: 1,
    })
    expect(world.updates.events.at(-1)).toMatchObject({
      type: 'image:processing:failed',
      status: 'failed',
      error: { code: 'corrupt_image', stage: 'thumbnails' },
    })
  })

  it('keeps its good thumbnails when a variant fails', async () => {
    const damaged = new ImageError('corrupt_image', 'The picture is damaged.')
    const world = createWorld(fakeRenderer({ at: '2160x3840.webp', error: damaged }))
    const { record, job } = await uploadOne(world)
    await deliver(world, job)
    const failed = recordOf(world, record.id)
    expect(failed).toMatchObject({
      processing_status: 'failed',
      thumbnail_status: 'complete',
      variant_status: 'failed',
      processing_error: { code: 'corrupt_image', stage: 'variants' },
    })
    expect(Object.keys(failed.renditions)).toEqual(expect.arrayContaining(['150.jpg', '300.webp', '600.jpg']))
  })

  it('is tried three times for a fault of ours, later each time, and then waits for a person', async () => {
    const world = createWorld(fakeRenderer({ at: '600.jpg', error: new TypeError('x is not a function') }))
    const { record, job } = await uploadOne(world)
    expect(await processImage(world, job)).toEqual({ kind: 'retry', afterSeconds: 23 })
    expect(recordOf(world, record.id)).toMatchObject({ processing_status: 'pending', thumbnail_status: 'pending' })
    expect(world.updates.events.at(-1)).toMatchObject({
      type: 'image:processing:failed',
      status: 'pending',
      error: { code: 'internal_error' },
      data: { next_retry_at: recordOf(world, record.id).next_retry_at },
    })
    world.ambient.advance(23_000)
    expect(await processImage(world, job)).toEqual({ kind: 'retry', afterSeconds: 45 })
    world.ambient.advance(45_000)
    expect(await processImage(world, job)).toEqual({ kind: 'done' })
    expect(recordOf(world, record.id)).toMatchObject({
      processing_status: 'failed',
      consecutive_failures: 3,
      processing_attempts: 3,
    })

    const mended = { ...world, renderer: fakeRenderer() }
    await retryProcessing(mended, record.id)
    expect(await processImage(mended, lastJob(world))).toEqual({ kind: 'done' })
    expectComplete(world, record.id)
    expect(mended.renderer.rendered).not.toContain('150.jpg')
  })

  it('waits for as long as was announced, whatever copies of its job are delivered meanwhile', async () => {
    const busy = new ImageError('storage_unavailable', 'Slow down.')
    const world = createWorld(fakeRenderer({ at: '600.jpg', error: busy }))
    const { record, job } = await uploadOne(world)
    await processImage(world, job)
    const failed = recordOf(world, record.id)
    const said = world.updates.events.length
    const mended = { ...world, renderer: fakeRenderer() }
    world.ambient.advance(2_500)
    expect(await processImage(mended, job)).toEqual({ kind: 'held', afterSeconds: 20 })
    expect(await processImage(mended, job)).toEqual({ kind: 'held', afterSeconds: 20 })
    expect(recordOf(world, record.id)).toEqual(failed)
    expect(world.updates.events).toHaveLength(said)
    world.ambient.advance(20_000)
    expect(await processImage(mended, job)).toEqual({ kind: 'done' })
    expectComplete(world, record.id)
  })

  it('fails for good without its original, before any stage began', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    world.originals.objects.clear()
    await deliver(world, job)
    expect(recordOf(world, record.id)).toMatchObject({
      processing_status: 'failed',
      processing_error: { code: 'original_missing', stage: null },
    })
  })

  it('is never complete when a renderer leaves a file out and says nothing', async () => {
    const honest = fakeRenderer()
    const world = createWorld({
      render: (original, plan, sink) => honest.render(original, { ...plan, specs: plan.specs.slice(1) }, sink),
    })
    const { record, job } = await uploadOne(world)
    await deliver(world, job)
    expect(recordOf(world, record.id)).toMatchObject({
      processing_status: 'failed',
      processing_error: { code: 'internal_error' },
    })
    expect(ofType(world.updates.events, 'complete')).toEqual([])
  })
})
