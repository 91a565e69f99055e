import type { ProcessImageJob } from '@glowworm/events/jobs'
import { endEvents } from '../core/events-of-image.ts'
import type { ImageRecord } from '../core/image-record.ts'
import { aboutJob } from '../core/log-fields.ts'
import type { Ambient, Images, Log, Updates } from '../core/ports.ts'
import { planRenditions } from '../core/rendition-plan.ts'

export interface TellEndPorts {
  readonly images: Images
  readonly updates: Updates
  readonly ambient: Ambient
  readonly log: Log
  readonly measure: (metric: 'EventUnpublished' | 'UpdateResent', value: number) => void
}

/**
 * Tells the end that this job came to, and notes that it is told.
 * @returns how many updates that took; 0 if it was noted before
 * @throws what kept it from being published
 */
export async function tellEnd(ports: TellEndPorts, job: ProcessImageJob, record: ImageRecord): Promise<number> {
  if (record.told_job_id === job.job_id) return 0
  const plan = planRenditions({
    id: record.id,
    focalPoint: record.focal_point,
    displaySizes: job.display_sizes,
    formats: job.formats,
  })
  const events = endEvents(record, plan, ports.ambient)
  for (const event of events) {
    try {
      await ports.updates.publish(event)
    } catch (error) {
      ports.measure('EventUnpublished', 1)
      throw error
    }
  }
  // Nothing that anybody sees: the revision stays, and whoever moves the image first is right.
  await ports.images.save({ ...record, told_job_id: job.job_id }, record.revision)
  return events.length
}

/**
 * Of an end that was written before, by whomever, nobody may have heard: what should have told them may have died, or not
 * been heard itself.
 */
export async function tellEndAgain(ports: TellEndPorts, job: ProcessImageJob, record: ImageRecord): Promise<void> {
  const updates = await tellEnd(ports, job, record)
  if (updates === 0) return
  ports.log.warn('The end of a dead job was told, which may have reached nobody before', { ...aboutJob(job), updates })
  ports.measure('UpdateResent', updates)
}
