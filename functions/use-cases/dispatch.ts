import type { ImageEvent } from '@glowworm/events/image-events'
import type { JobPriority, ProcessImageJob } from '@glowworm/events/jobs'
import type { UpdateEvent } from '@glowworm/events/update-events'
import { RequestError } from '../core/errors.ts'
import { aboutJob } from '../core/log-fields.ts'
import type { Jobs, Log, Updates } from '../core/ports.ts'

export interface DispatchPorts {
  readonly jobs: Jobs
  readonly updates: Updates
  readonly log: Log
  readonly measure: (metric: 'EventUnpublished', value: number) => void
}

/**
 * Sends the job and announces the state that waits for it. The record is written by now and stays whatever happens
 * here: nobody is better off for being told that an upload failed which in truth is stored.
 * @returns whether the job is on its way; if not, the image stays pending until the upload is repeated or somebody retries it
 */
export async function dispatch(
  ports: DispatchPorts,
  job: ProcessImageJob,
  priority: JobPriority,
  event: ImageEvent,
): Promise<boolean> {
  const [sent] = await Promise.allSettled([ports.jobs.send(job, priority), announce(ports, event)])
  if (sent.status === 'rejected') {
    ports.log.error('The job could not be sent; the image stays pending', { ...aboutJob(job), error: sent.reason })
  }
  return sent.status === 'fulfilled'
}

/** Publishes a state that is written by now, and that a later event will tell of: a failure here undoes nothing. */
async function announce(ports: DispatchPorts, event: ImageEvent): Promise<void> {
  try {
    await ports.updates.publish(event)
  } catch (error) {
    const { id, type, correlation_id, image_id } = event
    const about = { event_id: id, type, correlation_id, image_id, error }
    ports.log.error('An event could not be published; clients learn of it with the next one', about)
    ports.measure('EventUnpublished', 1)
  }
}

/**
 * Publishes a change that is stored by now, and that no later event would tell of.
 * @throws RequestError `service_unavailable`; the same request finds the change stored, and has to announce it again
 */
export async function announceChange(updates: Updates, event: UpdateEvent): Promise<void> {
  try {
    await updates.publish(event)
  } catch (cause) {
    const message = 'Nobody could be told of the change. Send the same request again.'
    throw new RequestError(503, 'service_unavailable', message, { cause })
  }
}
