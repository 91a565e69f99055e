import type { RetriedFailedResponse, RetryFailedRequest } from '@glowworm/events/http-api'
import { limits } from '@glowworm/events/vocabulary'
import { RequestError } from '../core/errors.ts'
import type { Images } from '../core/ports.ts'
import { existingImage } from './existing-image.ts'
import { forEachImage } from './for-each-image.ts'
import { type RetryProcessingPorts, retryProcessing } from './retry-processing.ts'

/** Counting more would only make the answer late. */
const countAtMost = 10_000

/**
 * Processes images again that have failed: those named, or as many as one call may take, the oldest first. The index
 * says a moment later that an image waits again, so what is left is what there was, less what this call took up.
 */
export async function retryFailed(
  ports: RetryProcessingPorts,
  request: RetryFailedRequest,
): Promise<RetriedFailedResponse> {
  const [ids, failed] = await Promise.all([
    request.ids ?? oldestFailed(ports.images),
    ports.images.count('failed', countAtMost),
  ])
  let takenUp = 0
  const act = async (id: string) => {
    const isQueued = await retryOneThatFailed(ports, id)
    takenUp += 1
    if (!isQueued) throw notSent()
  }
  const results = await forEachImage(ids, act, ports.log)
  return { results, remaining: Math.max(0, failed - takenUp) }
}

async function oldestFailed(images: Images): Promise<readonly string[]> {
  const query = { status: 'failed', text: null, sort: 'uploaded_at', cursor: null } as const
  const { records } = await images.list({ ...query, limit: limits.imagesPerBulkCall })
  return records.map(({ id }) => id)
}

const notSent = () =>
  new RequestError(503, 'service_unavailable', 'It waits now, but processing could not be started. Retry it by itself.')

/** @returns whether its job is on its way */
async function retryOneThatFailed(ports: RetryProcessingPorts, id: string): Promise<boolean> {
  const { processing_status: status } = await existingImage(ports.images, id)
  if (status !== 'failed') throw new RequestError(409, 'conflict', `This image has not failed; it is ${status}.`)
  return (await retryProcessing(ports, id)).background_processing
}
