import type { JobPriority } from '@glowworm/events/jobs'
import { imageUpdated } from '../core/events-of-image.ts'
import { isStranded, markResent } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import { aboutImage } from '../core/log-fields.ts'
import type { Ambient, Checkpoints, Images, Originals, QueueDepths, Renditions, Settings } from '../core/ports.ts'
import { changeRecord } from './change-record.ts'
import { finishDeletion } from './delete-image.ts'
import { type DispatchPorts, dispatch } from './dispatch.ts'
import { eachByItself } from './each-by-itself.ts'
import { sameJob } from './queue-job.ts'

export interface ResendLostJobsPorts extends DispatchPorts {
  readonly images: Images
  readonly originals: Originals
  readonly renditions: Renditions
  readonly settings: Settings
  readonly checkpoints: Checkpoints
  readonly ambient: Ambient
  /** Whether jobs wait in the queues. Those that go straight to the worker wait inside Lambda, where nobody counts them. */
  readonly useQueue: boolean
  readonly measure: (metric: 'JobResent' | 'DeletionFinished' | 'EventUnpublished', value: number) => void
  /** Until the function times out. */
  readonly remainingMs: () => number
}

type Depths = Awaited<ReturnType<QueueDepths['read']>>

/** With nothing in its queues, a job that has not been taken for so long is not there: what SQS counts is late by less. */
const patienceWhenIdleMs = 2 * 60_000

/** Where nobody counts, it may be waiting for the two retries of Lambda, which come within three minutes. */
const patienceUncountedMs = 5 * 60_000

/** With jobs in its queues it may be one of them. */
const patienceWhenBusyMs = 15 * 60_000

/** It doubles each time that the job is sent again, up to this: nowhere does a job wait longer but in a queue, where it is safe. */
const longestPatienceMs = 6 * 60 * 60_000

/**
 * Jobs of one priority, in one run, that may be waiting all the same: each costs a message, and a worker that finds
 * nothing to do. About as many as workers get done in a minute, so that a long queue does not become twice as long.
 */
const resendsInDoubt = 100

/** One query of the index. */
const stretchLength = 500

/**
 * Of each status, in one run: 5,000 images, about 160 read units. A million that wait have all been looked at after 200
 * runs, which is three hours and a half, a run each minute.
 */
const stretchesPerRun = 10

/** What a stretch may take of which every image has to be seen to. */
const timeForOneStretchMs = 20_000

/** Images that are seen to together. */
const atOnce = 10

/**
 * Sends the job again of every image that waits without one, or whose worker died without its job coming back; and
 * finishes deletions that broke off. What one run does not come to, the next ones do.
 * @throws AggregateError of what failed, after all the rest was done
 */
export async function resendLostJobs(ports: ResendLostJobsPorts, depths: Promise<Depths>): Promise<void> {
  const patience = patienceGiven(await knownOf(ports, depths))
  const each = (status: Status, olderMs: number, act: (record: ImageRecord) => Promise<void>) =>
    eachByItself(untouched(ports, status, olderMs), act, { log: ports.log, about: aboutImage, atOnce })
  const walks = await Promise.allSettled([
    each('pending', patience.leastMs, (record) => resend(ports, record, patience)),
    each('processing', patience.leastMs, (record) => resend(ports, record, patience)),
    each('deleting', patienceWhenIdleMs, (tombstone) => goOnDeleting(ports, tombstone)),
  ])
  const failures = walks.flatMap((walk) => (walk.status === 'rejected' ? [walk.reason] : []))
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} walks over waiting images failed`)
}

/** Null if nobody can tell how many jobs wait. */
async function knownOf({ useQueue, log }: ResendLostJobsPorts, depths: Promise<Depths>): Promise<Depths | null> {
  try {
    return useQueue ? await depths : null
  } catch (error) {
    log.warn('The queues could not be counted: jobs that may be lost are waited for longer', { error })
    return null
  }
}

/** How long to wait before a job is sent again, and how many may be sent in vain. */
interface Patience {
  /** With any image. */
  readonly leastMs: number
  withMs(record: ImageRecord): number
  /** Whether one more may be sent of the priority of this image's job; counts it. */
  allows(record: ImageRecord): boolean
}

function patienceGiven(depths: Depths | null): Patience {
  const firstInDoubtMs = depths === null ? patienceUncountedMs : patienceWhenBusyMs
  const isEmpty = (...priorities: readonly JobPriority[]) =>
    depths !== null && priorities.every((priority) => depths[priority].waiting + depths[priority].in_flight === 0)
  // What has no thumbnails yet does not wait in the low queue, whatever else does; but for a repair, which loses nothing.
  const isIdle = { high: isEmpty('high', 'normal'), low: isEmpty('high', 'normal', 'low') }
  const left = { high: resendsInDoubt, low: resendsInDoubt }
  return {
    leastMs: isIdle.high ? patienceWhenIdleMs : firstInDoubtMs,
    withMs(record) {
      const firstMs = isIdle[priorityOf(record)] ? patienceWhenIdleMs : firstInDoubtMs
      return Math.min(longestPatienceMs, firstMs * 2 ** (record.resends ?? 0))
    },
    allows: (record) => isIdle[priorityOf(record)] || left[priorityOf(record)]-- > 0,
  }
}

/** What can be seen already does not stand in the way of what cannot. */
const priorityOf = (record: ImageRecord) => (record.thumbnail_status === 'complete' ? 'low' : 'high')

type Status = Parameters<Images['untouchedSince']>[1]

/** From where the last run ended, as far as this one may go. */
async function* untouched(ports: ResendLostJobsPorts, status: Status, olderMs: number): AsyncIterable<ImageRecord> {
  const before = new Date(ports.ambient.now().getTime() - olderMs)
  const walk = `sweep:${status}`
  let after = await ports.checkpoints.read(walk)
  for (let stretches = 0; stretches < stretchesPerRun; stretches++) {
    if (ports.remainingMs() < timeForOneStretchMs) return
    const { records, next } = await ports.images.untouchedSince(before, status, { after, length: stretchLength })
    // Before its images are seen to: one that ends the function must not stand before all others for ever.
    if (next !== after) await ports.checkpoints.write(walk, next)
    yield* records
    if (next === null) return
    after = next
  }
}

async function goOnDeleting(ports: ResendLostJobsPorts, tombstone: ImageRecord): Promise<void> {
  if (!(await finishDeletion(ports, tombstone))) return
  ports.log.warn('A deletion that had broken off is finished', aboutImage(tombstone))
  ports.measure('DeletionFinished', 1)
}

async function resend(ports: ResendLostJobsPorts, known: ImageRecord, patience: Patience): Promise<void> {
  const { ambient } = ports
  const isLost = (stored: ImageRecord) =>
    stored.deleted_at === null && isStranded(stored, ambient.now(), patience.withMs(stored))
  if (!isLost(known) || !patience.allows(known)) return
  let resent = false
  const record = await changeRecord(ports.images, known, (stored) => {
    resent = isLost(stored)
    return resent ? markResent(stored, ambient.now()) : stored
  })
  if (!resent || record === null) return
  ports.log.warn('The job of this image was lost; it is sent again', {
    ...aboutImage(record),
    job_id: record.job_id,
  })
  ports.measure('JobResent', 1)
  const job = sameJob(record, await ports.settings.displaySettings(), ambient)
  await dispatch(ports, job, priorityOf(record), imageUpdated(record, ambient))
}
