import type { HttpErrorCode } from '@glowworm/events/http-api'
import type { ImageErrorCode } from '@glowworm/events/vocabulary'

/**
 * What is to be done about an error:
 * - `reject`: permanent; trying again cannot help
 * - `retry`: transient; the same work may succeed later
 * - `bug`: nobody foresaw it; treated like `retry`, then dead-lettered and alarmed
 */
export type Disposition = 'reject' | 'retry' | 'bug'

export const dispositionOf: Readonly<Record<ImageErrorCode, Disposition>> = {
  corrupt_image: 'reject',
  image_too_large: 'reject',
  unsupported_format: 'reject',
  original_missing: 'reject',
  storage_unavailable: 'retry',
  worker_crashed: 'bug',
  internal_error: 'bug',
}

/** Something is wrong with an image or with the work on it. */
export class ImageError extends Error {
  override readonly name = 'ImageError'
  readonly code: ImageErrorCode

  constructor(code: ImageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  get disposition(): Disposition {
    return dispositionOf[this.code]
  }
}

/** A request that cannot be served, as the client will see it. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: number
  readonly code: HttpErrorCode
  readonly details: unknown
  /** When the same request may succeed; null if that is not known. Sent as `retry-after`. */
  readonly retryAfterSeconds: number | null

  constructor(
    status: number,
    code: HttpErrorCode,
    message: string,
    options: ErrorOptions & { details?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message, options)
    this.status = status
    this.code = code
    this.details = options.details
    this.retryAfterSeconds = options.retryAfterSeconds ?? null
  }
}

/** Anything thrown, as an ImageError; what nobody foresaw becomes `internal_error` and keeps its cause. */
export function toImageError(thrown: unknown): ImageError {
  if (thrown instanceof ImageError) return thrown
  return new ImageError('internal_error', 'Processing failed unexpectedly.', { cause: thrown })
}
