import { imageUpdated } from '../core/events-of-image.ts'
import { isStranded, markResent } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import type { Ambient, Checkpoints, Images, Originals, QueueDepth, Renditions, Settings } from '../core/ports.ts'
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
  readonly measure: (metric: 'JobResent' | 'DeletionFinished', value: number) => void
  /** Until the function times out. */
  readonly remainingMs: () => number
}

/** With nothing in any queue, a job that has not been taken for so long is not there: what SQS counts is late by less. */
const patienceWhenIdleMs = 2 * 60_000

/** With jobs in the queues it may be one of them, and a backfill takes hours; sent twice, it is worked once, but not for nothing. */
const patienceWhenBusyMs = 12 * 60 * 60_000

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
export async function resendLostJobs(
  ports: ResendLostJobsPorts,
  depths: Readonly<Record<'high' | 'normal' | 'low', QueueDepth>>,
): Promise<void> {
  const isIdle = Object.values(depths).every(({ waiting, in_flight }) => waiting === 0 && in_flight === 0)
  const patienceMs = isIdle ? patienceWhenIdleMs : patienceWhenBusyMs
  const about = ({ id }: ImageRecord) => ({ image_id: id })
  const each = (status: Status, olderMs: number, act: (record: ImageRecord) => Promise<void>) =>
    eachByItself(untouched(ports, status, olderMs), act, { log: ports.log, about, atOnce })
  const walks = await Promise.allSettled([
    each('pending', patienceMs, (record) => resend(ports, record, patienceMs)),
    each('processing', patienceMs, (record) => resend(ports, record, patienceMs)),
    each('deleting', patienceWhenIdleMs, (tombstone) => goOnDeleting(ports, tombstone)),
  ])
  const failures = walks.flatMap((walk) => (walk.status === 'rejected' ? [walk.reason] : []))
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} walks over waiting images failed`)
}

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
  ports.log.warn('A deletion that had broken off is finished', { image_id: tombstone.id })
  ports.measure('DeletionFinished', 1)
}

async function resend(ports: ResendLostJobsPorts, known: ImageRecord, patienceMs: number): Promise<void> {
  const { ambient } = ports
  let resent = false
  const record = await changeRecord(ports.images, known, (stored) => {
    const now = ambient.now()
    resent = stored.deleted_at === null && isStranded(stored, now, patienceMs)
    return resent ? markResent(stored, now) : stored
  })
  if (!resent || record === null) return
  const about = { image_id: record.id, job_id: record.job_id, correlation_id: record.correlation_id }
  ports.log.warn('The job of this image was lost; it is sent again', about)
  ports.measure('JobResent', 1)
  const job = sameJob(record, await ports.settings.displaySettings(), ambient)
  // What can be seen already does not stand in the way of what cannot.
  const priority = record.thumbnail_status === 'complete' ? 'low' : 'high'
  await dispatch(ports, job, priority, imageUpdated(record, ambient))
}
