import { type JobPriority, jobPriority, type ProcessImageJob } from '@glowworm/events/jobs'
import { abandon } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import { aboutJob } from '../core/log-fields.ts'
import type {
  Ambient,
  DeadLetter,
  DeadLetterBox,
  DeadLetters,
  Images,
  Log,
  QueueDepth,
  Updates,
} from '../core/ports.ts'
import { changeRecord } from './change-record.ts'
import { eachByItself } from './each-by-itself.ts'
import { tellEnd, tellEndAgain } from './tell-end.ts'

export interface AbandonDeadJobsPorts {
  readonly images: Images
  readonly deadLetters: DeadLetters
  readonly updates: Updates
  readonly ambient: Ambient
  readonly log: Log
  readonly measure: (metric: 'ImageAbandoned' | 'UpdateResent' | 'EventUnpublished', value: number) => void
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
 * Says of every image whose job lies among the dead letters that it has failed, and again until it was heard. The letters
 * of the queues stay where they are, for a redrive; those of jobs that came directly are done with: the image itself can
 * be retried.
 * @throws AggregateError of the boxes in which something failed, after all others were looked at
 */
export async function abandonDeadJobs(
  ports: AbandonDeadJobsPorts,
  depths: Promise<Readonly<Record<JobPriority, QueueDepth>>>,
): Promise<void> {
  const readIfAny = async (priority: JobPriority) => {
    const { dead } = (await depths)[priority]
    if (dead > 0) await readBox(ports, priority, restFor(dead))
  }
  const boxes = await Promise.allSettled([
    ...jobPriority.options.map(readIfAny),
    // Nobody counts them, for nearly all of them go at once.
    readBox(ports, 'direct', longestRest),
  ])
  const failures = boxes.flatMap((box) => (box.status === 'rejected' ? [box.reason] : []))
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} boxes of dead letters failed`)
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
  const settleOne = async ({ job, receipt, record }: DeadLetter & { readonly record: ImageRecord | undefined }) => {
    if (job === null) return
    const isSettled = record === undefined || (await settle(ports, job, record))
    if (box !== 'direct' || !isSettled) return
    await ports.deadLetters.remove(box, receipt)
    staying.delete(receipt)
  }
  const about = ({ job }: DeadLetter) => (job === null ? {} : aboutJob(job))
  try {
    await eachByItself(letters(), settleOne, { log: ports.log, about })
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

/** @returns whether the letter has nothing to say any more: its image was abandoned, has moved on, or is gone */
async function settle(ports: AbandonDeadJobsPorts, job: ProcessImageJob, known: ImageRecord): Promise<boolean> {
  let abandoned = false
  const record = await changeRecord(ports.images, known, (stored) => {
    const now = ports.ambient.now()
    abandoned = waitsFor(job, stored) && !isHeld(stored, now)
    return abandoned ? abandon(stored, now) : stored
  })
  if (record === null || !isOf(job, record)) return true
  if (abandoned) {
    ports.log.error('The job of this image is a dead letter; the image has failed', aboutJob(job))
    ports.measure('ImageAbandoned', 1)
  }
  // A worker holds it after all, or has died so lately that nobody can know.
  if (waitsFor(job, record)) return false
  if (abandoned) await tellEnd(ports, job, record)
  else await tellEndAgain(ports, job, record)
  return true
}

const isOf = (job: ProcessImageJob, record: ImageRecord): boolean =>
  record.deleted_at === null && record.job_id === job.job_id

/** An image that has moved on since is none of this letter's business. */
const waitsFor = (job: ProcessImageJob, record: ImageRecord): boolean =>
  isOf(job, record) && (record.processing_status === 'pending' || record.processing_status === 'processing')

const isHeld = ({ lease }: ImageRecord, now: Date): boolean => lease !== null && lease.expires_at > now.getTime()
