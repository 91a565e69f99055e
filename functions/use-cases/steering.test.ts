import { describe, expect, it } from 'vitest'
import { ImageError } from '../core/errors.ts'
import type { ProcessingEnd } from '../core/ports.ts'
import { processImage } from './process-image.ts'
import { processingStats } from './processing-stats.ts'
import { redrive } from './redrive.ts'
import { fakeRenderer } from './testing/fake-renderer.ts'
import { inMemoryDeadLetters } from './testing/in-memory-ports.ts'
import { createWorld, lastJob, recordOf, uploadOne } from './testing/world.ts'

describe('the statistics of processing', () => {
  const depth = { waiting: 1, in_flight: 2, dead: 3 }
  const end = (name: string, durationMs: number): ProcessingEnd => ({
    imageId: name,
    revision: 5,
    status: 'complete',
    durationMs,
  })

  function worldWith(ends: readonly ProcessingEnd[], minutesAgo = 60) {
    const world = createWorld()
    const from = new Date(world.ambient.now().getTime() - minutesAgo * 60_000)
    return {
      ...world,
      queueDepths: { read: async () => ({ high: depth, normal: depth, low: depth }) },
      history: { endsSince: async () => ({ ends, from }) },
    }
  }

  it('count what there is, and what ended, each end once', async () => {
    const failed = { imageId: 'c', revision: 4, status: 'failed', durationMs: null } as const
    const world = worldWith([end('a', 1_000), end('b', 3_000), end('b', 3_000), failed], 2)
    await uploadOne(world)
    expect(await processingStats(world)).toEqual({
      queues: { high: depth, normal: depth, low: depth },
      images: { pending: 1, processing: 0, complete: 0, failed: 0, counted_at_most: 10_000 },
      recent: {
        since: '2026-11-23T07:58:00.000Z',
        processed: 2,
        failed: 1,
        processed_per_minute: 1,
        p50_ms: 1_000,
        p95_ms: 3_000,
      },
    })
  })

  it('know no duration when nothing was processed', async () => {
    expect(await processingStats(worldWith([]))).toMatchObject({
      recent: { processed: 0, processed_per_minute: 0, p50_ms: null, p95_ms: null },
    })
  })
})

describe('redriving dead letters', () => {
  function worldWithLetters(renderer = fakeRenderer()) {
    return { ...createWorld(renderer), deadLetters: inMemoryDeadLetters() }
  }

  it('has the image processed again, by the queue that the job died in, and removes the letter', async () => {
    const world = worldWithLetters(fakeRenderer({ at: '600.jpg', error: new ImageError('corrupt_image', 'Damaged.') }))
    const { record, job } = await uploadOne(world)
    await processImage(world, job)
    world.deadLetters.letters.high.push({ job, receipt: 'r-1' })
    expect(await redrive(world)).toEqual({ redriven: 1, dropped: 0, kept: 0 })
    expect(world.deadLetters.letters.high).toEqual([])
    expect(world.jobs.sent.at(-1)).toMatchObject({ priority: 'high', job: { reason: 'retry', image_id: record.id } })
    expect(recordOf(world, record.id)).toMatchObject({ processing_status: 'pending', job_id: lastJob(world).job_id })
  })

  it('drops what is done already, or has been deleted', async () => {
    const world = worldWithLetters()
    const { job } = await uploadOne(world)
    await processImage(world, job)
    const ofDeleted = { ...job, image_id: 'f'.repeat(64) }
    world.deadLetters.letters.low.push({ job, receipt: 'r-1' }, { job: ofDeleted, receipt: 'r-2' })
    expect(await redrive(world)).toEqual({ redriven: 0, dropped: 2, kept: 0 })
    expect(world.deadLetters.letters.low).toEqual([])
    expect(world.jobs.sent).toHaveLength(1)
  })

  it('keeps what cannot be read, and what cannot be queued', async () => {
    const world = worldWithLetters()
    const { job } = await uploadOne(world)
    world.deadLetters.letters.normal.push({ job: null, receipt: 'r-1' }, { job, receipt: 'r-2' })
    const jobs = { send: () => Promise.reject(new Error('away')) }
    expect(await redrive({ ...world, jobs })).toEqual({ redriven: 0, dropped: 0, kept: 2 })
    expect(await redrive(world)).toEqual({ redriven: 1, dropped: 0, kept: 1 })
    expect(world.deadLetters.letters.normal).toEqual([{ job: null, receipt: 'r-1' }])
  })
})
