import type { FocalPoint } from '@glowworm/events/image'
import type { ProcessImageJob } from '@glowworm/events/jobs'
import { failuresThatOpenTheBreaker, processingStatus } from '@glowworm/events/vocabulary'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ImageError } from './errors.ts'
import {
  abandon,
  assign,
  describe as describeImage,
  fail,
  finish,
  finishThumbnails,
  giveUp,
  IllegalMove,
  isStranded,
  LeaseLost,
  type Move,
  markDeleted,
  markResent,
  missing,
  moves,
  renew,
  renewWithout,
  replace,
  requeue,
  start,
} from './image-lifecycle.ts'
import type { ImageRecord } from './image-record.ts'
import { planRenditions, type RenditionPlan } from './rendition-plan.ts'
import { makeJob, makeOutcome, makeRecord, someTime } from './testing/image-factories.ts'

const now = new Date(someTime.getTime() + 1_000)
const leaseMs = 75_000
const job = makeJob()
const plan = planRenditions({
  id: job.image_id,
  focalPoint: null,
  displaySizes: job.display_sizes,
  formats: job.formats,
})
const thumbnails = plan.specs.filter(({ stage }) => stage === 'thumbnails')
const everything = makeOutcome(plan.specs)
const nothing = makeOutcome([])
const passing = new ImageError('storage_unavailable', 'Slow down.')
const lasting = new ImageError('corrupt_image', 'The picture is damaged.')

const next = { job_id: 'next', settings_revision: 1 }
const failure = (error: ImageError) => ({ error, stage: 'variants', retryAt: now }) as const

/** Each move with everything that it asks for beside the status. */
const tryMove: Readonly<Record<Move, (record: ImageRecord) => ImageRecord>> = {
  start: (record) => start(record, { owner: 'a', leaseMs }, now),
  finishThumbnails: (record) => finishThumbnails(record, 'a', everything, plan, now),
  replace: (record) => replace(record, 'a', everything, plan, now),
  finish: (record) => finish(record, 'a', everything, plan, now),
  retryLater: (record) => fail(record, 'a', nothing, failure(passing), now),
  fail: (record) => fail(record, 'a', nothing, failure(lasting), now),
  // Nobody else holds what is given up.
  abandon: (record) => abandon({ ...record, lease: null }, now),
  requeue: (record) => requeue(record, next, now),
  renew: (record) => renew(record, next, now),
}

const heldByA = { owner: 'a', expires_at: now.getTime() + leaseMs }
const table = (Object.keys(moves) as Move[]).flatMap((by) =>
  processingStatus.options.map((from) => [by, from, (moves[by].from as readonly string[]).includes(from)] as const),
)

describe('the transition table', () => {
  it('lets only a retry take up an image that has failed', () => {
    const fromFailed = table.filter(([, from, allowed]) => from === 'failed' && allowed)
    expect(fromFailed.map(([by]) => by)).toEqual(['requeue'])
  })

  it.each(table)('%s from %s: %s', (by, from, allowed) => {
    const record = makeRecord({ processing_status: from, lease: heldByA })
    if (!allowed) {
      expect(() => tryMove[by](record)).toThrow(IllegalMove)
      return
    }
    const moved = tryMove[by](record)
    expect(moved.processing_status).toBe(moves[by].to)
    expect(moved.revision).toBe(record.revision + (by === 'finish' ? 2 : 1))
    expect(moved.updated_at).toBe(now.toISOString())
    expect(record).toEqual(makeRecord({ processing_status: from, lease: heldByA }))
  })

  it.each(Object.keys(moves) as Move[])('%s is never possible once the image is being deleted', (by) => {
    const from = moves[by].from[0]
    const tombstone = { ...markDeleted(makeRecord({ processing_status: from }), now), lease: heldByA }
    expect(() => tryMove[by](tombstone)).toThrow(IllegalMove)
  })

  it.each(['finishThumbnails', 'replace', 'finish', 'retryLater', 'fail'] as const)(
    '%s is for the holder alone',
    (by) => {
      const others = { owner: 'b', expires_at: now.getTime() + leaseMs }
      for (const lease of [null, others]) {
        expect(() => tryMove[by](makeRecord({ processing_status: 'processing', lease }))).toThrow(LeaseLost)
      }
    },
  )
})

describe('a delivered job', () => {
  it.each([
    ['deleted', null],
    ['deleted', markDeleted(makeRecord(), now)],
    ['superseded', makeRecord({ job_id: 'another' })],
    ['superseded', makeRecord({ job_id: 'another', processing_status: 'complete' })],
    ['settled', makeRecord({ processing_status: 'complete' })],
    ['settled', makeRecord({ processing_status: 'failed' })],
    ['leased', makeRecord({ processing_status: 'processing', lease: heldByA })],
    ['waiting', makeRecord({ consecutive_failures: 1, next_retry_at: new Date(now.getTime() + 1).toISOString() })],
    ['work', makeRecord({ consecutive_failures: 1, next_retry_at: now.toISOString() })],
    ['work', makeRecord()],
    ['work', makeRecord({ processing_status: 'processing', lease: { owner: 'a', expires_at: now.getTime() } })],
    [
      'give-up',
      makeRecord({
        processing_status: 'processing',
        consecutive_failures: failuresThatOpenTheBreaker - 1,
        lease: { owner: 'a', expires_at: now.getTime() },
      }),
    ],
  ])('is %s', (kind, record) => {
    expect(assign(record, job, 'b', now).kind).toBe(kind)
  })

  it('is work for the worker that holds the lease already', () => {
    const record = makeRecord({ processing_status: 'processing', lease: heldByA })
    expect(assign(record, job, 'a', now).kind).toBe('work')
  })
})

describe('a worker that takes an image', () => {
  it('counts an expired lease in its way as a failure', () => {
    const crashed = makeRecord({ processing_status: 'processing', lease: { owner: 'b', expires_at: now.getTime() } })
    expect(start(crashed, { owner: 'a', leaseMs }, now)).toMatchObject({
      consecutive_failures: 1,
      processing_attempts: 1,
      lease: heldByA,
    })
  })

  it('cannot take it from a worker whose lease still holds', () => {
    const held = makeRecord({ processing_status: 'processing', lease: { ...heldByA, owner: 'b' } })
    expect(() => start(held, { owner: 'a', leaseMs }, now)).toThrow(IllegalMove)
  })

  it('gives up an image on which the third worker in a row crashed', () => {
    const crashed = makeRecord({
      processing_status: 'processing',
      consecutive_failures: 2,
      lease: { owner: 'b', expires_at: now.getTime() },
    })
    expect(giveUp(crashed, now)).toMatchObject({
      processing_status: 'failed',
      consecutive_failures: 3,
      processing_error: { code: 'worker_crashed' },
      lease: null,
    })
  })
})

describe('an image', () => {
  const started = start(makeRecord(), { owner: 'a', leaseMs }, now)

  it.each(plan.specs.map(({ name }) => name))('is not complete without %s', (name) => {
    const outcome = makeOutcome(plan.specs.filter((spec) => spec.name !== name))
    expect(() => finish(started, 'a', outcome, plan, now)).toThrow(name)
  })

  it('is not complete with a file of another recipe', () => {
    const [first] = plan.specs
    if (first === undefined) throw new Error('Expected the plan to have specs')
    const stale = makeOutcome([{ ...first, key: `${first.key}.old` }])
    const outcome = { ...everything, renditions: { ...everything.renditions, ...stale.renditions } }
    expect(() => finish(started, 'a', outcome, plan, now)).toThrow(first.name)
  })

  it('is not complete by a plan of nothing', () => {
    const empty: RenditionPlan = { focalPoint: null, specs: [] }
    expect(() => finish(started, 'a', everything, empty, now)).toThrow(IllegalMove)
    expect(() => finishThumbnails(started, 'a', everything, empty, now)).toThrow(IllegalMove)
  })

  it('offers no file that is not planned any more', () => {
    const before = { ...started, renditions: { '10x10.jpg': { ...Object.values(everything.renditions)[0] } } }
    const complete = finish(before as ImageRecord, 'a', everything, plan, now)
    expect(Object.keys(complete.renditions).toSorted()).toEqual(plan.specs.map(({ name }) => name).toSorted())
  })

  it('keeps what a failed attempt has made', () => {
    const failed = fail(started, 'a', makeOutcome(thumbnails), failure(passing), now)
    expect(missing(failed, plan)).toEqual(plan.specs.filter(({ stage }) => stage === 'variants'))
    expect(failed.dominant_color).toBe('#112233')
  })

  it('notes when its thumbnails were there, and keeps that when only its variants are made again', () => {
    expect(makeRecord().thumbnails_completed_at).toBeNull()
    const shown = finishThumbnails(started, 'a', makeOutcome(thumbnails), plan, now)
    expect(shown.thumbnails_completed_at).toBe(now.toISOString())
    const later = new Date(now.getTime() + 5_000)
    const complete = finish(shown, 'a', everything, plan, later)
    expect(complete).toMatchObject({ thumbnails_completed_at: now.toISOString() })
    expect(requeue(complete, next, later)).toMatchObject({ thumbnails_completed_at: now.toISOString() })
  })

  it('is marked deleted once', () => {
    const tombstone = markDeleted(started, now)
    expect(tombstone).toMatchObject({ deleted_at: now.toISOString(), lease: null, revision: started.revision + 1 })
    expect(markDeleted(tombstone, new Date())).toBe(tombstone)
  })
})

/**
 * The record as the table stores it, and workers, people, the sweep and the reconciler, who read it, stop for any time, and
 * write by the revision that they read: every interleaving of what they do.
 */
describe('any sequence of deliveries, crashes, failures, retries, sweeps and repairs', () => {
  interface Worker {
    readonly owner: string
    held: ImageRecord
    readonly plan: RenditionPlan
  }
  type Step =
    | { readonly does: 'deliver' | 'abandon'; readonly job: number }
    | {
        readonly does: 'thumbnails' | 'replace' | 'finish' | 'retry' | 'reject' | 'crash'
        /** Counted from the end if it is negative. */
        readonly worker: number
        readonly reload: boolean
      }
    | { readonly does: 'requeue' | 'resize'; readonly sizes: number }
    | { readonly does: 'describe'; readonly title: string; readonly focalPoint: FocalPoint | null }
    | { readonly does: 'repair'; readonly lost: number }
    | { readonly does: 'wait'; readonly ms: number }
    | { readonly does: 'delete' | 'sweep' }

  const patience = 120_000
  const index = fc.nat(3)
  const unit = fc.constantFrom(0, 0.5, 1)
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ does: fc.constant('deliver' as const), job: index }) },
    {
      weight: 8,
      arbitrary: fc.record({
        does: fc.constantFrom('thumbnails', 'replace', 'finish', 'retry', 'reject', 'crash'),
        worker: index,
        reload: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('requeue', 'resize'), sizes: fc.nat(3) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant('describe' as const),
        title: fc.constantFrom('one', 'other'),
        focalPoint: fc.option(fc.record({ x: unit, y: unit })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('repair' as const), lost: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('abandon' as const), job: index }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('sweep' as const) }) },
    { weight: 3, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.nat(2 * patience) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('delete' as const) }) },
  )

  /** @param asked the job that `before` names */
  type Check = (before: ImageRecord, after: ImageRecord, by: Step, asked: ProcessImageJob) => void

  /** @returns the record as it is stored in the end */
  function run(steps: readonly Step[], check: Check): ImageRecord {
    let clock = someTime.getTime()
    let stored = makeRecord()
    const jobs = [job]
    const workers: Worker[] = []
    const time = () => new Date(clock)
    const jobOf = (record: ImageRecord) => jobs.find(({ job_id }) => job_id === record.job_id) ?? job
    const isHeld = () => stored.lease !== null && stored.lease.expires_at > clock
    const save = (next: ImageRecord, previousRevision: number, by: Step): boolean => {
      if (stored.revision !== previousRevision) return false
      const before = stored
      stored = next
      check(before, next, by, jobOf(before))
      return true
    }
    const newJob = (sizes: number) => {
      const next = makeJob({ job_id: `job-${jobs.length}`, display_sizes: job.display_sizes.slice(0, sizes) })
      jobs.push(next)
      return { ...next, settings_revision: 0 }
    }
    const ifAllowed = (act: () => ImageRecord): ImageRecord | null => {
      try {
        return act()
      } catch (error) {
        if (error instanceof IllegalMove) return null
        throw error
      }
    }
    const deliver = (delivered: ProcessImageJob, by: Step) => {
      const owner = `worker-${workers.length}-${clock}`
      const assignment = assign(stored, delivered, owner, time())
      if (assignment.kind === 'give-up') save(giveUp(stored, time()), stored.revision, by)
      if (assignment.kind !== 'work') return
      const held = start(stored, { owner, leaseMs }, time())
      if (save(held, stored.revision, by)) workers.push({ owner, held, plan: assignment.plan })
    }
    const work = (worker: Worker, by: Step & { readonly reload: boolean }, act: (held: ImageRecord) => ImageRecord) => {
      if (by.reload) worker.held = stored
      try {
        const next = act(worker.held)
        if (save(next, worker.held.revision, by)) worker.held = next
      } catch (error) {
        if (!(error instanceof LeaseLost) && !(error instanceof IllegalMove)) throw error
      }
    }
    for (const each of steps) {
      if (each.does === 'wait') clock += each.ms
      if (stored.deleted_at !== null && !('worker' in each)) continue
      switch (each.does) {
        case 'wait':
          break
        case 'delete':
          save(markDeleted(stored, time()), stored.revision, each)
          break
        case 'resize': {
          if (isHeld()) break
          const renewed = ifAllowed(() => renew(stored, newJob(each.sizes), time()))
          if (renewed !== null) save(renewed, stored.revision, each)
          break
        }
        case 'requeue':
          save(requeue(stored, newJob(each.sizes), time()), stored.revision, each)
          break
        case 'describe': {
          const described = describeImage(stored, { title: each.title, focalPoint: each.focalPoint }, time())
          // Another crop waits for the worker that has the image.
          const isCropped = each.focalPoint !== stored.focal_point
          if (isCropped && isHeld()) break
          const renewed = isCropped ? ifAllowed(() => renew(described, newJob(job.display_sizes.length), time())) : null
          save(renewed ?? described, stored.revision, each)
          break
        }
        case 'repair': {
          const names = Object.keys(stored.renditions)
          if (stored.processing_status !== 'complete' || names.length === 0) break
          const lost = names.slice(each.lost % names.length)
          const next = newJob(job.display_sizes.length)
          save(renewWithout(stored, lost, next, time()), stored.revision, each)
          break
        }
        case 'abandon': {
          const dead = jobs[each.job % jobs.length] ?? job
          const waits = stored.processing_status === 'pending' || stored.processing_status === 'processing'
          if (waits && !isHeld() && stored.job_id === dead.job_id) save(abandon(stored, time()), stored.revision, each)
          break
        }
        case 'sweep':
          if (!isStranded(stored, time(), patience)) break
          save(markResent(stored, time()), stored.revision, each)
          deliver(jobOf(stored), each)
          break
        case 'deliver':
          deliver(jobs[each.job % jobs.length] ?? job, each)
          break
        case 'crash':
          workers.splice(each.worker, 1)
          break
        default: {
          const worker = workers.at(each.worker)
          if (worker === undefined) break
          const { owner } = worker
          const outcome = makeOutcome(worker.plan.specs)
          const thumbnailsOnly = makeOutcome(worker.plan.specs.filter(({ stage }) => stage === 'thumbnails'))
          work(worker, each, (held) => {
            if (each.does === 'thumbnails') return finishThumbnails(held, owner, thumbnailsOnly, worker.plan, time())
            if (each.does === 'replace') return replace(held, owner, outcome, worker.plan, time())
            if (each.does === 'finish') return finish(held, owner, outcome, worker.plan, time())
            const error = each.does === 'retry' ? passing : lasting
            return fail(held, owner, nothing, { ...failure(error), retryAt: new Date(clock + 30_000) }, time())
          })
        }
      }
    }
    return stored
  }

  const endOf = ({ processing_status, processing_error, job_id, consecutive_failures }: ImageRecord) => {
    return { processing_status, processing_error, job_id, consecutive_failures }
  }

  const property = (check: () => Check) =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => void run(steps, check())),
      { numRuns: 2_000 },
    )

  it('never leads to complete without every rendition of the job that was asked for', () =>
    property(() => (_before, after, _by, asked) => {
      if (after.processing_status !== 'complete' || after.deleted_at !== null) return
      const wanted = planRenditions({
        id: after.id,
        focalPoint: after.focal_point,
        displaySizes: asked.display_sizes,
        formats: asked.formats,
      })
      expect(missing(after, wanted)).toEqual([])
      expect(Object.keys(after.renditions)).toHaveLength(wanted.specs.length)
      expect([after.thumbnail_status, after.variant_status]).toEqual(['complete', 'complete'])
    }))

  it('raises the revision with every write', () =>
    property(() => (before, after) => {
      if (after !== before) expect(after.revision).toBeGreaterThan(before.revision)
    }))

  it('completes each job at most once', () =>
    property(() => {
      const completed = new Set<string>()
      return (_before, after, by) => {
        if (by.does !== 'finish') return
        expect(completed).not.toContain(after.job_id)
        completed.add(after.job_id)
      }
    }))

  it('never hides good thumbnails', () =>
    property(() => (before, after, by) => {
      // Unless their files are gone.
      if (before.thumbnail_status !== 'complete' || by.does === 'repair') return
      expect(after.thumbnail_status).toBe('complete')
      expect(missing(after, { focalPoint: null, specs: thumbnails })).toEqual([])
    }))

  it('does no automatic work behind an open breaker, nor behind a failure that is final', () =>
    property(() => (before, after, by) => {
      expect(after.consecutive_failures).toBeLessThanOrEqual(failuresThatOpenTheBreaker)
      if (before.processing_status !== 'failed') return
      expect(['requeue', 'describe', 'delete']).toContain(by.does)
      // A crop is noted, and waits for the retry.
      if (by.does !== 'requeue') expect(endOf(after)).toEqual(endOf(before))
    }))

  it('holds a lease exactly while it is being processed', () =>
    property(() => (_before, after) => {
      if (after.deleted_at === null) expect(after.lease !== null).toBe(after.processing_status === 'processing')
    }))

  it('comes to an end, if nothing is ever delivered but what the sweep sends again, however its workers end', () => {
    const ending = fc.constantFrom('finish', 'retry', 'reject', 'crash')
    // Three crashes in a row, and the delivery that finds out about the third.
    const endings = fc.array(ending, { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), endings, (steps, ends) => {
        const rounds = ends.flatMap((does): Step[] => [
          { does: 'wait', ms: leaseMs + patience + 1 },
          { does: 'sweep' },
          { does, worker: -1, reload: true },
        ])
        const { deleted_at, processing_status } = run([...steps, ...rounds], () => {})
        if (deleted_at === null) expect(['complete', 'failed']).toContain(processing_status)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a stranded image', () => {
  const later = (ms: number) => new Date(now.getTime() + ms)
  const patience = 120_000
  const untouched = { updated_at: now.toISOString() }

  it.each([
    ['waits for a job that nobody has', makeRecord(untouched), now],
    [
      'waits for a retry that never comes',
      makeRecord({ ...untouched, next_retry_at: later(50_000).toISOString() }),
      later(50_000),
    ],
    [
      'is held by a worker that is dead',
      makeRecord({ ...untouched, processing_status: 'processing', lease: heldByA }),
      new Date(heldByA.expires_at),
    ],
  ])('%s', (_what, record, due) => {
    expect(isStranded(record, new Date(due.getTime() + patience), patience)).toBe(false)
    expect(isStranded(record, new Date(due.getTime() + patience + 1), patience)).toBe(true)
    const resentAt = new Date(due.getTime() + patience + 1)
    expect(isStranded(markResent(record, resentAt), resentAt, patience)).toBe(false)
  })

  it.each(['complete', 'failed'] as const)('is none that is %s', (processing_status) => {
    expect(isStranded(makeRecord({ ...untouched, processing_status }), later(10 * patience), patience)).toBe(false)
  })

  it('keeps its status, its failures and the lease of the dead worker when its job is sent again', () => {
    const record = makeRecord({ processing_status: 'processing', lease: heldByA, consecutive_failures: 1 })
    const { revision, updated_at, resends, ...rest } = markResent(record, later(1))
    expect({ ...record, ...rest }).toEqual(record)
    expect(resends).toBe(1)
    expect([revision, updated_at]).toEqual([record.revision + 1, later(1).toISOString()])
  })
})

describe('a job that is given up', () => {
  it('fails what is not complete, opens the breaker, and says that the worker crashed', () => {
    const abandoned = abandon(makeRecord({ thumbnail_status: 'complete', consecutive_failures: 1 }), now)
    expect(abandoned).toMatchObject({
      processing_status: 'failed',
      thumbnail_status: 'complete',
      variant_status: 'failed',
      processing_error: { code: 'worker_crashed', stage: 'variants' },
      consecutive_failures: failuresThatOpenTheBreaker,
      next_retry_at: null,
      lease: null,
    })
  })

  it('keeps the reason of its last attempt, if that had one', () => {
    const processing_error = { code: 'storage_unavailable', message: 'Slow down.', stage: 'variants' } as const
    expect(abandon(makeRecord({ processing_error }), now).processing_error).toEqual(processing_error)
  })

  it('is not given up while a worker holds it', () => {
    const record = makeRecord({ processing_status: 'processing', lease: heldByA })
    expect(() => abandon(record, now)).toThrow(IllegalMove)
  })
})

describe('files that are gone', () => {
  it.each([
    ['1080x1920.jpg', 'complete'],
    ['300.jpg', 'pending'],
  ])('are forgotten and made anew: without %s thumbnails are %s', (lost, thumbnail_status) => {
    const complete = makeRecord({
      processing_status: 'complete',
      thumbnail_status: 'complete',
      variant_status: 'complete',
      renditions: everything.renditions,
    })
    const renewed = renewWithout(complete, [lost], next, now)
    expect(missing(renewed, plan).map(({ name }) => name)).toEqual([lost])
    expect(renewed).toMatchObject({ processing_status: 'pending', thumbnail_status, job_id: 'next' })
  })
})
