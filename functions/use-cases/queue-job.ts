import type { ProcessImageJob } from '@glowworm/events/jobs'
import type { ImageRecord } from '../core/image-record.ts'
import type { Ambient, DisplaySettings } from '../core/ports.ts'

/** A job for one image that renders what the settings ask for at this moment. */
export function newJob(
  image: { readonly id: string; readonly correlationId: string },
  reason: ProcessImageJob['reason'],
  settings: DisplaySettings,
  ambient: Ambient,
): ProcessImageJob {
  return {
    version: 1,
    job_id: ambient.newId(),
    image_id: image.id,
    reason,
    display_sizes: [...settings.displaySizes],
    formats: [...settings.formats],
    correlation_id: image.correlationId,
    queued_at: ambient.now().toISOString(),
  }
}

/**
 * The job that the record names, once more. However often it is delivered, it is worked once.
 * @param settings read after the record, so that they are no older than those that its job was made from
 */
export function sameJob(record: ImageRecord, settings: DisplaySettings, ambient: Ambient): ProcessImageJob {
  // Files of an earlier plan may be there unless none was ever made.
  const reason = Object.keys(record.renditions).length === 0 ? 'upload' : 'retry'
  const job = newJob({ id: record.id, correlationId: record.correlation_id }, reason, settings, ambient)
  return { ...job, job_id: record.job_id }
}
