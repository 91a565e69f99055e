import type { UploadedResponse } from '@glowworm/events/http-api'
import { RequestError } from '../core/errors.ts'
import { type ImageRecord, presentImage } from '../core/image-record.ts'

export function accepted(image: ImageRecord, backgroundProcessing: boolean): UploadedResponse {
  const message = backgroundProcessing
    ? 'Uploaded; it is being processed.'
    : 'Uploaded and kept; processing could not be started yet and will be as soon as possible.'
  return { message, data: presentImage(image), status_code: 200, background_processing: backgroundProcessing }
}

export function duplicate(image: ImageRecord): UploadedResponse {
  return {
    message: 'This photo is known already.',
    data: presentImage(image),
    status_code: 200,
    background_processing: false,
    is_duplicate: true,
  }
}

export const deletionInProgress = (): RequestError =>
  new RequestError(
    409,
    'deletion_in_progress',
    'This photo is being deleted at this moment; send it again in a second.',
    {
      retryAfterSeconds: 1,
    },
  )
