import type { ProcessImageJob } from '@glowworm/events/jobs'
import type { ImageRecord } from './image-record.ts'
import type { PendingUpload } from './ports.ts'

/** By what lines of a log name the image they are about; a search for either field finds all of them. */
export const aboutImage = ({ id, correlation_id }: Pick<ImageRecord, 'id' | 'correlation_id'>) => ({
  image_id: id,
  correlation_id,
})

export const aboutJob = ({ image_id, job_id, correlation_id }: ProcessImageJob) => ({
  image_id,
  job_id,
  correlation_id,
})

export const aboutUpload = ({ id, sha256, correlation_id }: PendingUpload) => ({
  upload_id: id,
  image_id: sha256,
  correlation_id,
})
