import type { ApplyDisplaySizesJob } from '@glowworm/events/jobs'
import { describe, expect, it } from 'vitest'
import { ImageError } from '../core/errors.ts'
import type { ProcessingEnd } from '../core/ports.ts'
import { processImage } from './process-image.ts'
import { processingStats } from './processing-stats.ts'
import { redrive } from './redrive.ts'
import { fakeRenderer } from './testing/fake-renderer.ts'
import { inMemoryDeadBackfills, inMemoryDeadLetters } from './testing/in-memory-ports.ts'
import { createWorld, lastJob, recordOf, uploadOne } from './testing/world.ts'

describe('the statistics of processing', () => {
  const depth = { waiting: 1, in_flight: 2, dead: 3 }
  const deadLetters = { direct: 1, backfills: 2, updates: 3 }
  const end = (name: string, durationMs: number, at = '08:00:00'): ProcessingEnd => ({
    imageId: name,
    revision: 5,
    status: 'complete',
    durationMs,
    at: new Date(`2026-11-23T${at}.000Z`),
  })
  const failure = (name: string, at: string): ProcessingEnd => ({
    ...end(name, 0, at),
    status: 'failed',
    durationMs: null,
  })

  /** @param readFrom how far back the history was read; null for as far as it was asked for */
  function worldWith(ends: readonly ProcessingEnd[], readFrom: string | null = null) {
    return {
      ...createWorld(),
      queueDepths: { read: async () => ({ high: depth, normal: depth, low: depth }) },
      deadLetterCounts: { read: async () => deadLetters },
      history: {
        endsSince: async (since: Date) => ({
          ends,
          from: readFrom === null ? since : new Date(`2026-11-23T${readFrom}.000Z`),
        }),
      },
    }
  }

  it('count what there is, and what ended, each end once', async () => {
    const ends = [end('a', 1_000), end('b', 3_000), end('b', 3_000, '07:59:59'), failure('c', '07:58:00')]
    const world = worldWith(ends, '07:58:00')
    const { record } = await uploadOne(world)
    expect(await processingStats(world)).toEqual({
      queues: { high: depth, normal: depth, low: depth },
      dead_letters: deadLetters,
      images: { pending: 1, processing: 0, complete: 0, failed: 0, counted_at_most: 10_000 },
      oldest_pending_at: record.updated_at,
      recent: {
        since: '2026-11-23T07:58:00.000Z',
        processed: 2,
        failed: 1,
        processed_per_minute: 1,
        p50_ms: 1_000,
        p95_ms: 3_000,
        step_ms: 120_000,
        series: [
          { from: '2026-11-23T07:58:00.000Z', processed: 1, failed: 1, p50_ms: 3_000, p95_ms: 3_000 },
          { from: '2026-11-23T08:00:00.000Z', processed: 1, failed: 0, p50_ms: 1_000, p95_ms: 1_000 },
        ],
      },
    })
  })

  it('go through the hour in steps that stay where they are when time goes on', async () => {
    const world = worldWith([end('a', 1_000, '07:10:30'), end('from a fast clock', 1_000, '08:02:01')])
    const first = await processingStats(world)
    world.ambient.advance(119_999)
    const second = await processingStats(world)
    expect(second.recent.series).toEqual(first.recent.series)
    expect(first.recent.series).toHaveLength(30)
    expect(first.recent.since).toBe('2026-11-23T07:02:00.000Z')
    expect(first.recent.series.flatMap(({ from, processed }) => (processed > 0 ? [from] : []))).toEqual([
      '2026-11-23T07:10:00.000Z',
      '2026-11-23T08:00:00.000Z',
    ])
  })

  it('say nothing of a time that was too busy to be read', async () => {
    const { recent } = await processingStats(worldWith([], '07:55:10'))
    expect(recent.since).toBe('2026-11-23T07:55:10.000Z')
    expect(recent.series.map(({ from }) => from.slice(11, 16))).toEqual(['07:54', '07:56', '07:58', '08:00'])
  })

  it('know no duration when nothing was processed', async () => {
    expect(await processingStats(worldWith([]))).toMatchObject({
      oldest_pending_at: null,
      recent: { processed: 0, processed_per_minute: 0, p50_ms: null, p95_ms: null },
    })
  })
})

describe('redriving dead letters', () => {
  function worldWithLetters(renderer = fakeRenderer()) {
    return { ...createWorld(renderer), deadLetters: inMemoryDeadLetters(), deadBackfills: inMemoryDeadBackfills() }
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

  it('does not drop what is done before somebody was told of it', async () => {
    const world = worldWithLetters()
    const { record, job } = await uploadOne(world)
    const updates = { ...world.updates, publish: () => Promise.reject(new Error('away')) }
    await expect(processImage({ ...world, updates }, job)).rejects.toThrow('away')
    expect(recordOf(world, record.id)).toMatchObject({ processing_status: 'complete' })
    world.deadLetters.letters.high.push({ job, receipt: 'r-1' })

    expect(await redrive({ ...world, updates })).toEqual({ redriven: 0, dropped: 0, kept: 1 })
    expect(await redrive(world)).toEqual({ redriven: 0, dropped: 1, kept: 0 })
    expect(world.updates.events.at(-1)).toMatchObject({ type: 'image:processing:complete', image_id: record.id })
  })

  it('has a change of display sizes go on where it had come to, and keeps one that cannot be read or queued', async () => {
    const job: ApplyDisplaySizesJob = {
      version: 1,
      awaits: { revision: 1, since: '2026-11-23T08:00:00.000Z' },
      cursor: 'half-way',
      unsettled: ['a'.repeat(64)],
      correlation_id: 'c-2',
    }
    const world = { ...worldWithLetters(), deadBackfills: inMemoryDeadBackfills(null, job) }
    const backfills = { ...world.backfills, begin: () => Promise.reject(new Error('away')) }
    expect(await redrive({ ...world, backfills })).toEqual({ redriven: 0, dropped: 0, kept: 2 })
    expect(world.deadBackfills.left()).toEqual([null, job])
    expect(await redrive(world)).toEqual({ redriven: 1, dropped: 0, kept: 1 })
    expect(world.backfills.begun).toEqual([job])
    expect(world.deadBackfills.left()).toEqual([null])
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
