import { imageUpdated } from '../core/events-of-image.ts'
import { isStranded, markResent } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import type { Ambient, Images, Originals, QueueDepth, Renditions, Settings } from '../core/ports.ts'
import { changeRecord } from './change-record.ts'
import { deleteImage } from './delete-image.ts'
import { type DispatchPorts, dispatch } from './dispatch.ts'
import { eachByItself } from './each-by-itself.ts'
import { sameJob } from './queue-job.ts'

export interface ResendLostJobsPorts extends DispatchPorts {
  readonly images: Images
  readonly originals: Originals
  readonly renditions: Renditions
  readonly settings: Settings
  readonly ambient: Ambient
  readonly measure: (metric: 'JobResent' | 'DeletionFinished', value: number) => void
}

/** With nothing in any queue, a job that has not been taken for so long is not there: what SQS counts is late by less. */
const patienceWhenIdleMs = 2 * 60_000

/** With jobs in the queues it may be one of them, and a backfill takes hours; sent twice, it is worked once, but not for nothing. */
const patienceWhenBusyMs = 12 * 60 * 60_000

/** Of each status, at one time. */
const imagesAtOnce = 100

/**
 * Sends the job again of every image that waits without one, or whose worker died without its job coming back; and
 * finishes deletions that broke off.
 * @throws AggregateError of what failed, after all the rest was done
 */
export async function resendLostJobs(
  ports: ResendLostJobsPorts,
  depths: Readonly<Record<'high' | 'normal' | 'low', QueueDepth>>,
): Promise<void> {
  const isIdle = Object.values(depths).every(({ waiting, in_flight }) => waiting === 0 && in_flight === 0)
  const patienceMs = isIdle ? patienceWhenIdleMs : patienceWhenBusyMs
  const before = (ms: number) => new Date(ports.ambient.now().getTime() - ms)
  const [pending, processing, deleting] = await Promise.all([
    ports.images.untouchedSince(before(patienceMs), 'pending', imagesAtOnce),
    ports.images.untouchedSince(before(patienceMs), 'processing', imagesAtOnce),
    ports.images.untouchedSince(before(patienceWhenIdleMs), 'deleting', imagesAtOnce),
  ])
  const steps = [
    ...[...pending, ...processing].map((record) => ({ record, go: () => resend(ports, record, patienceMs) })),
    // The index is a moment behind: what it calls deleted may have been uploaded again, and is nobody's to delete.
    ...deleting
      .filter(({ deleted_at }) => deleted_at !== null)
      .map((record) => ({ record, go: () => finishDeletion(ports, record) })),
  ]
  const about = ({ record }: (typeof steps)[number]) => ({ image_id: record.id })
  await eachByItself(steps, ({ go }) => go(), { log: ports.log, about })
}

async function finishDeletion(ports: ResendLostJobsPorts, { id }: ImageRecord): Promise<void> {
  await deleteImage(ports, id)
  ports.log.warn('A deletion that had broken off is finished', { image_id: id })
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
