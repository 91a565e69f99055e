import type { ProcessImageJob } from '@glowworm/events/jobs'
import { failuresThatOpenTheBreaker } from '@glowworm/events/vocabulary'
import { ImageError } from '../core/errors.ts'
import { endEvents } from '../core/events-of-image.ts'
import { assign, giveUp, LeaseLost, start } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import { aboutJob } from '../core/log-fields.ts'
import type { Updates } from '../core/ports.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { type RenderAttemptPorts, renderAttempt } from './render-attempt.ts'

export interface ProcessImagePorts extends RenderAttemptPorts {
  readonly updates: Updates
  /** How long the worker holds an image: more than it can live, so that an expired lease always means a crash. */
  readonly leaseMs: number
}

export type JobOutcome =
  | { readonly kind: 'done' }
  /** Deliver the job again, not before so many seconds. */
  | { readonly kind: 'retry'; readonly afterSeconds: number }
  /** Another worker has the image, or it waits after a failure; deliver the job again then, in case nobody has finished it. */
  | { readonly kind: 'held'; readonly afterSeconds: number }

/** How often somebody else may change the record between reading and taking it. */
const rounds = 10

/**
 * One delivery of a job. Answers only after everything that it changed has been announced. Delivered again, it says
 * again what came of the job, or goes on where an earlier delivery broke off.
 * @throws ImageError or whatever keeps the record, its files or its events from being written: deliver again
 */
export async function processImage(ports: ProcessImagePorts, job: ProcessImageJob): Promise<JobOutcome> {
  const { ambient, images, log } = ports
  const outbox = createOutbox(ports.updates, log)
  const about = aboutJob(job)
  const owner = ambient.newId()

  for (let round = 0; round < rounds; round++) {
    const now = ambient.now()
    const assignment = assign(await images.get(job.image_id), job, owner, now)
    switch (assignment.kind) {
      case 'deleted':
        // What this or an earlier delivery stored after the deletion had looked for files.
        await ports.renditions.deleteAll(job.image_id)
        log.info('The image of the job has been deleted', about)
        return settle(outbox)
      case 'superseded':
        log.info('A newer job has taken the place of this one', about)
        return settle(outbox)
      case 'leased':
        return { kind: 'held', afterSeconds: Math.ceil((assignment.until.getTime() - now.getTime()) / 1000) + 1 }
      case 'waiting':
        log.info('The image waits for its next attempt', { ...about, next_retry_at: assignment.until.toISOString() })
        return { kind: 'held', afterSeconds: Math.ceil((assignment.until.getTime() - now.getTime()) / 1000) }
      case 'settled':
        log.info('The job was done already; saying so again', about)
        for (const event of endEvents(assignment.record, assignment.plan, ambient)) outbox.add(event)
        return settle(outbox)
      case 'give-up': {
        const failed = giveUp(assignment.record, now)
        if (!(await images.save(failed, assignment.record.revision))) break
        log.error('The worker keeps crashing; the breaker is open', about)
        ports.measure('ImageFailed')
        ports.measure('BreakerOpened')
        for (const event of endEvents(failed, assignment.plan, ambient)) outbox.add(event)
        return settle(outbox)
      }
      case 'work': {
        const { record, plan } = assignment
        const started = start(record, { owner, leaseMs: ports.leaseMs }, now)
        if (!(await images.save(started, record.revision))) break
        const repeated = record.lease !== null || record.consecutive_failures > 0
        try {
          const ended = await renderAttempt(
            ports,
            { started, owner, plan, repeated, replaces: job.reason !== 'upload' },
            outbox,
          )
          return await settle(outbox, measured(ended, now))
        } catch (error) {
          if (!(error instanceof LeaseLost)) throw error
          log.warn('The image was taken from this worker', { ...about, error })
        }
      }
    }
  }
  throw new ImageError('storage_unavailable', `The record was changed by others ${rounds} times in a row.`)

  function measured(ended: ImageRecord, began: Date): JobOutcome {
    const endedAt = ambient.now().getTime()
    if (ended.next_retry_at !== null) {
      ports.measure('ImageRetried')
      return { kind: 'retry', afterSeconds: Math.ceil((Date.parse(ended.next_retry_at) - endedAt) / 1000) }
    }
    const durationMs = endedAt - began.getTime()
    ports.measure(ended.processing_status === 'complete' ? 'ImageProcessed' : 'ImageFailed')
    if (ended.consecutive_failures >= failuresThatOpenTheBreaker) ports.measure('BreakerOpened')
    ports.measure('ProcessingDuration', durationMs)
    log.info(`The image is ${ended.processing_status}`, { ...about, duration_ms: durationMs })
    return { kind: 'done' }
  }
}

async function settle(outbox: Outbox, outcome: JobOutcome = { kind: 'done' }): Promise<JobOutcome> {
  await outbox.flush()
  return outcome
}
