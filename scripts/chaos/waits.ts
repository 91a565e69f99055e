import { deliveryRetryBaseMs, retryDelayMs } from '../../functions/core/backoff.ts'
import type { ReleasedMessage } from '../local/services/messaging-port.ts'
import type { Finding } from './audit.ts'
import { visibilitySeconds } from './fault-mix.ts'
import type { Unrest } from './quiet.ts'

/** A lease lasts for the worker's time-out and 15 seconds; whoever meets it comes back a second later. */
const leaseSeconds = 76
/** Times are told in whole seconds, and by several clocks. */
const marginSeconds = 3

/**
 * Jobs that were waiting when their wait was cut short: each would have come by itself, as soon as a crash is noticed, a
 * dead worker's lease is over, or a retry is due that was announced or follows from how often it was tried.
 */
export function auditWaits(released: readonly ReleasedMessage[], images: Unrest['images']): readonly Finding[] {
  const announced = new Map(images.map((image) => [image.id, announcedSeconds(image)]))
  return released.flatMap(({ body, receives, secondsLeft }) => {
    const { image_id: imageId } = JSON.parse(body) as { readonly image_id?: string }
    const longest = Math.max(
      visibilitySeconds,
      leaseSeconds,
      retryDelayMs(receives, 1, deliveryRetryBaseMs) / 1_000,
      announced.get(imageId ?? '') ?? 0,
    )
    if (secondsLeft <= longest + marginSeconds) return []
    return [`a job would have waited for ${Math.round(secondsLeft)} s more, ${longest} s at most are due: ${body}`]
  })
}

function announcedSeconds({ last_processing_attempt: began, next_retry_at: again }: Unrest['images'][number]): number {
  return began === null || again === null ? 0 : (Date.parse(again) - Date.parse(began)) / 1_000
}
