import type { ErrorResponse } from '@glowworm/events/http-api'
import { ImageError, RequestError } from '../core/errors.ts'
import { toRequestError as ofImage } from '../core/upload-policy.ts'

/** Anything thrown, as the client will see it. What nobody foresaw says nothing about our insides. */
export function toRequestError(thrown: unknown): RequestError {
  if (thrown instanceof RequestError) return thrown
  if (thrown instanceof ImageError && thrown.code !== 'internal_error') return ofImage(thrown)
  return new RequestError(500, 'internal_error', 'Something went wrong on our side. Report it with the request id.', {
    cause: thrown,
  })
}

export function errorBody(error: RequestError, requestId: string): ErrorResponse {
  const { code, message, details } = error
  return { error: { code, message, ...(details !== undefined && { details }) }, request_id: requestId }
}
