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
  /** Until the function times out. */
  readonly remainingMs: () => number
}

/** Of each box: one call reads the records of as many images. */
const lettersAtOnce = 100

/** Of each box. */
const lettersPerRun = 1_000

/** What the last letters of a run, and putting all of them back, may take. */
const timeToEndMs = 20_000

/** In minutes. So long rest no more letters than SQS lets out of sight, which are 120,000. */
const longestRest = 100

/**
 * Says of every image whose job lies among the dead letters that it has failed. The letters of the queues stay where
 * they are, for a redrive; those of jobs that came directly are done with: the image itself can be retried.
 */
export async function abandonDeadJobs(
  ports: AbandonDeadJobsPorts,
  depths: Readonly<Record<'high' | 'normal' | 'low', QueueDepth>>,
): Promise<void> {
  const boxes = (['high', 'normal', 'low'] as const).filter((priority) => depths[priority].dead > 0)
  await Promise.all([
    ...boxes.map((box) => readBox(ports, box, restFor(depths[box].dead))),
    // Nobody counts them, for nearly all of them go at once.
    readBox(ports, 'direct', longestRest),
  ])
}

/** In minutes: until each of so many letters has had its turn, a run each minute. */
const restFor = (letters: number): number => Math.min(longestRest, Math.ceil(letters / lettersPerRun) + 1)

/**
 * Looks at what there is, or at as much of it as there is time for; then what has been looked at rests out of sight, for
 * it would come first again the next time.
 */
async function readBox(ports: AbandonDeadJobsPorts, box: DeadLetterBox, restMinutes: number): Promise<void> {
  const staying = new Set<string>()
  let seen = 0
  let isAll = false
  async function* letters() {
    while (!isAll && seen < lettersPerRun && ports.remainingMs() > timeToEndMs) {
      const page = await ports.deadLetters.receive(box, lettersAtOnce)
      for (const { receipt } of page) staying.add(receipt)
      seen += page.length
      isAll = page.length < lettersAtOnce
      const records = await ports.images.getMany(page.flatMap(({ job }) => (job === null ? [] : [job.image_id])))
      yield* page.map((letter) => ({ ...letter, record: records.get(letter.job?.image_id ?? '') }))
    }
  }
  const abandonOne = async ({ job, receipt, record }: DeadLetter & { readonly record: ImageRecord | undefined }) => {
    if (job === null) return
    if (record !== undefined) await abandonImage(ports, job, record)
    if (box !== 'direct') return
    await ports.deadLetters.remove(box, receipt)
    staying.delete(receipt)
  }
  const about = ({ job }: DeadLetter) => ({ image_id: job?.image_id, job_id: job?.job_id })
  try {
    await eachByItself(letters(), abandonOne, { log: ports.log, about })
  } finally {
    if (!isAll) {
      const rest = { box, looked_at: seen, rest_minutes: restMinutes }
      ports.log.warn(
        'There are more dead letters than one run looks at; these rest until the others had their turn',
        rest,
      )
    }
    await ports.deadLetters.release(box, [...staying], isAll ? 0 : restMinutes * 60)
  }
}

async function abandonImage(ports: AbandonDeadJobsPorts, job: ProcessImageJob, known: ImageRecord): Promise<void> {
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
