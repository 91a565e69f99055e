import { RequestError } from '../core/errors.ts'
import type { ImageRecord } from '../core/image-record.ts'

/** @throws RequestError `conflict` while a worker has the image, with the time when it is sure to be over */
export function requireIdle({ lease }: ImageRecord, now: Date): void {
  if (lease === null || lease.expires_at <= now.getTime()) return
  throw new RequestError(409, 'conflict', 'This image is being processed at this moment. Try again when it is done.', {
    retryAfterSeconds: Math.ceil((lease.expires_at - now.getTime()) / 1000),
  })
}
