import type { UploadedResponse } from '@glowworm/events/http-api'
import type { JobPriority } from '@glowworm/events/jobs'
import { imageUpdated } from '../core/events-of-image.ts'
import { requeue } from '../core/image-lifecycle.ts'
import { presentImage } from '../core/image-record.ts'
import type { Ambient, Images, Settings } from '../core/ports.ts'
import { changeRecord } from './change-record.ts'
import { type DispatchPorts, dispatch } from './dispatch.ts'
import { existingImage, imageNotFound } from './existing-image.ts'
import { newJob } from './queue-job.ts'
import { requireIdle } from './require-idle.ts'

export interface RetryProcessingPorts extends DispatchPorts {
  readonly images: Images
  readonly settings: Settings
  readonly ambient: Ambient
}

/**
 * Processes the image again, by the settings of now; what exists already is not made again. Closes the breaker.
 * @throws RequestError `not_found`; `conflict` while a worker has the image
 */
export async function retryProcessing(
  ports: RetryProcessingPorts,
  id: string,
  priority: JobPriority = 'normal',
): Promise<UploadedResponse> {
  const { ambient } = ports
  const [known, settings] = await Promise.all([existingImage(ports.images, id), ports.settings.displaySettings()])
  const job = newJob({ id, correlationId: known.correlation_id }, 'retry', settings, ambient)
  const record = await changeRecord(ports.images, known, (stored) => {
    if (stored.deleted_at !== null) throw imageNotFound()
    const now = ambient.now()
    requireIdle(stored, now)
    return requeue(stored, { ...job, settings_revision: settings.revision }, now)
  })
  if (record === null) throw imageNotFound()
  const queued = await dispatch(ports, job, priority, imageUpdated(record, ambient))
  return {
    message: queued ? 'Queued; it is processed again.' : 'Noted; processing could not be started yet.',
    data: presentImage(record),
    status_code: 200,
    background_processing: queued,
  }
}
