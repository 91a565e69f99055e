import type { ProcessImageJob } from '@glowworm/events/jobs'
import { processingFailed } from '../core/events-of-image.ts'
import { abandon, missing } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import type { Ambient, DeadLetter, DeadLetterBox, DeadLetters, Images, QueueDepth } from '../core/ports.ts'
import { planRenditions } from '../core/rendition-plan.ts'
import { changeRecord } from './change-record.ts'
import { announce, type DispatchPorts } from './dispatch.ts'
import { eachByItself } from './each-by-itself.ts'

export interface AbandonDeadJobsPorts extends Pick<DispatchPorts, 'updates' | 'log'> {
  readonly images: Images
  readonly deadLetters: DeadLetters
  readonly ambient: Ambient
  readonly measure: (metric: 'ImageAbandoned', value: number) => void
}

/** Of each box, at one time. */
const lettersAtOnce = 200

/**
 * Says of every image whose job lies among the dead letters that it has failed. The letters of the queues stay where
 * they are, for a redrive; those of jobs that came directly are done with: the image itself can be retried.
 */
export async function abandonDeadJobs(
  ports: AbandonDeadJobsPorts,
  depths: Readonly<Record<'high' | 'normal' | 'low', QueueDepth>>,
): Promise<void> {
  const boxes: readonly DeadLetterBox[] = [
    ...(['high', 'normal', 'low'] as const).filter((priority) => depths[priority].dead > 0),
    'direct',
  ]
  await Promise.all(boxes.map((box) => readBox(ports, box)))
}

async function readBox(ports: AbandonDeadJobsPorts, box: DeadLetterBox): Promise<void> {
  const letters = await ports.deadLetters.receive(box, lettersAtOnce)
  const about = ({ job }: DeadLetter) => ({ image_id: job?.image_id, job_id: job?.job_id })
  const abandonOne = async ({ job, receipt }: DeadLetter) => {
    if (job === null) return
    await abandonImage(ports, job)
    if (box === 'direct') await ports.deadLetters.remove(box, receipt)
  }
  try {
    await eachByItself(letters, abandonOne, { log: ports.log, about })
  } finally {
    const staying = letters.filter(({ job }) => box !== 'direct' || job === null)
    await Promise.all(staying.map(({ receipt }) => ports.deadLetters.release(box, receipt)))
  }
}

async function abandonImage(ports: AbandonDeadJobsPorts, job: ProcessImageJob): Promise<void> {
  const known = await ports.images.get(job.image_id)
  if (known === null) return
  let abandoned = false
  const record = await changeRecord(ports.images, known, (stored) => {
    const now = ports.ambient.now()
    abandoned = waitsFor(job, stored, now)
    return abandoned ? abandon(stored, now) : stored
  })
  if (!abandoned || record === null) return
  const about = { image_id: record.id, job_id: job.job_id, correlation_id: record.correlation_id }
  ports.log.error('The job of this image is a dead letter; the image has failed', about)
  ports.measure('ImageAbandoned', 1)
  await announce(ports, processingFailed(record, advanceOf(record, job), ports.ambient))
}

/** An image that has moved on since, or that a worker holds after all, is none of this letter's business. */
function waitsFor(job: ProcessImageJob, record: ImageRecord, now: Date): boolean {
  if (record.deleted_at !== null || record.job_id !== job.job_id) return false
  if (record.lease !== null && record.lease.expires_at > now.getTime()) return false
  return record.processing_status === 'pending' || record.processing_status === 'processing'
}

function advanceOf(record: ImageRecord, job: ProcessImageJob) {
  const plan = planRenditions({
    id: record.id,
    focalPoint: record.focal_point,
    displaySizes: job.display_sizes,
    formats: job.formats,
  })
  const total = plan.specs.length
  return { completed: total - missing(record, plan).length, total }
}
