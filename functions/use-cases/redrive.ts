import type { RedriveResponse } from '@glowworm/events/http-api'
import { type JobPriority, jobPriority, type ProcessImageJob } from '@glowworm/events/jobs'
import { aboutJob } from '../core/log-fields.ts'
import type { Backfills, DeadBackfills, DeadLetters } from '../core/ports.ts'
import { type RetryProcessingPorts, retryProcessing } from './retry-processing.ts'
import { type TellEndPorts, tellEndAgain } from './tell-end.ts'

export interface RedrivePorts extends RetryProcessingPorts {
  readonly deadLetters: DeadLetters
  readonly backfills: Backfills
  readonly deadBackfills: DeadBackfills
  readonly measure: TellEndPorts['measure']
}

/** Of each queue; more would not fit into the time of one answer. */
const lettersPerCall = 50

type Fate = 'redriven' | 'dropped' | 'kept'

/**
 * Has the images of dead letters processed again, each by the queue that its job died in, and by the settings of now.
 * A letter goes only once a new job is on its way, or if there is nothing left to do; what cannot be read stays, for
 * a person to look at. A change of display sizes goes on where it had come to. Broken off anywhere, it can be repeated: at worst an image is queued twice.
 */
export async function redrive(ports: RedrivePorts): Promise<RedriveResponse> {
  const jobs = jobPriority.options.map((priority) => redriveQueue(ports, priority))
  const fates = (await Promise.all([...jobs, redriveBackfills(ports)])).flat()
  const count = (fate: Fate) => fates.filter((each) => each === fate).length
  return { redriven: count('redriven'), dropped: count('dropped'), kept: count('kept') }
}

async function redriveQueue(ports: RedrivePorts, priority: JobPriority): Promise<Fate[]> {
  const letters = await ports.deadLetters.receive(priority, lettersPerCall)
  return Promise.all(
    letters.map(async ({ job, receipt }) => {
      const fate = job === null ? 'kept' : await redriveJob(ports, job, priority)
      if (fate === 'kept') await putBack(ports, () => ports.deadLetters.release(priority, [receipt], 0))
      else await ports.deadLetters.remove(priority, receipt)
      return fate
    }),
  )
}

async function redriveBackfills({ backfills, deadBackfills, log }: RedrivePorts): Promise<Fate[]> {
  const letters = await deadBackfills.receive(lettersPerCall)
  return Promise.all(
    letters.map(async ({ job, receipt }) => {
      try {
        if (job !== null) {
          await backfills.begin(job)
          await deadBackfills.remove(receipt)
          log.info('A change of display sizes goes on', { correlation_id: job.correlation_id })
          return 'redriven'
        }
      } catch (error) {
        log.warn('A change of display sizes could not be redriven, or its letter not be removed', {
          correlation_id: job?.correlation_id,
          error,
        })
      }
      await putBack({ log }, () => deadBackfills.release(receipt))
      return 'kept'
    }),
  )
}

/** Otherwise it comes back by itself in a minute, and that is no reason to fail. */
async function putBack({ log }: Pick<RedrivePorts, 'log'>, release: () => Promise<void>): Promise<void> {
  try {
    await release()
  } catch (error) {
    log.warn('A dead letter could not be put back at once', { error })
  }
}

async function redriveJob(ports: RedrivePorts, job: ProcessImageJob, priority: JobPriority): Promise<Fate> {
  const about = aboutJob(job)
  try {
    const record = await ports.images.get(job.image_id)
    const isGone = record === null || record.deleted_at !== null
    if (isGone || record.processing_status === 'complete') {
      // The letter may be the last that knows of an end which nobody has heard of.
      if (!isGone && record.job_id === job.job_id) await tellEndAgain(ports, job, record)
      ports.log.info('A dead letter is dropped: nothing is left to do for its image', about)
      return 'dropped'
    }
    const { background_processing: queued } = await retryProcessing(ports, job.image_id, priority)
    return queued ? 'redriven' : 'kept'
  } catch (error) {
    ports.log.warn('A dead letter could not be redriven and stays', { ...about, error })
    return 'kept'
  }
}
