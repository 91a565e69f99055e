import type { ChangeImageRequest } from '@glowworm/events/http-api'
import type { FocalPoint, Image } from '@glowworm/events/image'
import { imageUpdated } from '../core/events-of-image.ts'
import { describe, isOverdue, renew } from '../core/image-lifecycle.ts'
import { presentImage } from '../core/image-record.ts'
import { changeRecord } from './change-record.ts'
import { announceChange, dispatch } from './dispatch.ts'
import { existingImage, imageNotFound } from './existing-image.ts'
import { newJob, sameJob } from './queue-job.ts'
import { requireIdle } from './require-idle.ts'
import type { RetryProcessingPorts } from './retry-processing.ts'

export type ChangeImagePorts = RetryProcessingPorts

/**
 * Changes what a person says about an image. Another focal point has the variants made anew, behind new photos; until
 * they are there the old ones stay. An image that has failed stays so, for only a retry closes its breaker, and is then
 * cropped by it. What does not differ from what is stored changes nothing; it is announced all the same, and its job sent
 * again if nobody has taken it: an earlier attempt may have broken off before it could.
 * @throws RequestError `not_found`; `conflict` for another focal point while a worker has the image;
 *   `service_unavailable` if nobody could be told of the change, for the same call to be made again
 */
export async function changeImage(ports: ChangeImagePorts, id: string, change: ChangeImageRequest): Promise<Image> {
  const { ambient } = ports
  const [known, settings] = await Promise.all([existingImage(ports.images, id), ports.settings.displaySettings()])
  const job = newJob({ id, correlationId: known.correlation_id }, 'focal_point', settings, ambient)
  const record = await changeRecord(ports.images, known, (stored) => {
    if (stored.deleted_at !== null) throw imageNotFound()
    const { title = stored.title, focal_point: focalPoint = stored.focal_point } = change
    const refocused = !isSame(focalPoint, stored.focal_point)
    if (title === stored.title && !refocused) return stored
    const now = ambient.now()
    const described = describe(stored, { title, focalPoint }, now)
    if (!refocused || stored.processing_status === 'failed') return described
    requireIdle(stored, now)
    return renew(described, { ...job, settings_revision: settings.revision }, now)
  })
  if (record === null) throw imageNotFound()
  if (record.job_id === job.job_id) {
    await dispatch(ports, job, 'normal', imageUpdated(record, ambient))
  } else if (change.focal_point !== undefined && isOverdue(record, ambient.now())) {
    const again = sameJob(record, await ports.settings.displaySettings(), ambient)
    await dispatch(ports, again, 'normal', imageUpdated(record, ambient))
  } else {
    await announceChange(ports.updates, imageUpdated(record, ambient))
  }
  return presentImage(record)
}

const isSame = (a: FocalPoint | null, b: FocalPoint | null): boolean => a?.x === b?.x && a?.y === b?.y
