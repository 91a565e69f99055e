import type { ErrorResponse, HttpErrorCode } from '@glowworm/events/http-api'
import type { ImageErrorCode } from '@glowworm/events/vocabulary'
import { ImageError, RequestError } from '../core/errors.ts'

/** Errors of images that a client can do something about; all others are ours. */
const statusOfImageError: Partial<Record<ImageErrorCode, readonly [status: number, code: HttpErrorCode]>> = {
  corrupt_image: [422, 'corrupt_image'],
  image_too_large: [413, 'image_too_large'],
  unsupported_format: [415, 'unsupported_format'],
  original_missing: [404, 'not_found'],
  storage_unavailable: [503, 'service_unavailable'],
}

/** Anything thrown, as the client will see it. What nobody foresaw says nothing about our insides. */
export function toRequestError(thrown: unknown): RequestError {
  if (thrown instanceof RequestError) return thrown
  if (thrown instanceof ImageError) {
    const known = statusOfImageError[thrown.code]
    if (known?.[0] === 503) {
      return new RequestError(...known, 'The service is busy or partly unavailable. Try again soon.', { cause: thrown })
    }
    if (known !== undefined) return new RequestError(...known, thrown.message, { cause: thrown })
  }
  return new RequestError(500, 'internal_error', 'Something went wrong on our side. Report it with the request id.', {
    cause: thrown,
  })
}

export function errorBody(error: RequestError, requestId: string): ErrorResponse {
  const { code, message, details } = error
  return { error: { code, message, ...(details !== undefined && { details }) }, request_id: requestId }
}
