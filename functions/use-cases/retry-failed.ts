import type { RetriedFailedResponse, RetryFailedRequest } from '@glowworm/events/http-api'
import type { Image } from '@glowworm/events/image'
import { limits } from '@glowworm/events/vocabulary'
import { dispositionOf, RequestError } from '../core/errors.ts'
import { isOverdue } from '../core/image-lifecycle.ts'
import type { Images } from '../core/ports.ts'
import { existingImage } from './existing-image.ts'
import { forEachImage } from './for-each-image.ts'
import { type RetryProcessingPorts, retryProcessing } from './retry-processing.ts'

/** Counting more would only make the answer late. */
const countAtMost = 10_000

/**
 * Processes images again that have failed: those named, or as many as one call may take of those that another attempt
 * may help, the oldest first. The index says a moment later that an image waits again, so what is left is what there
 * was, less what this call took up and what it found beyond help.
 */
export async function retryFailed(
  ports: RetryProcessingPorts,
  request: RetryFailedRequest,
): Promise<RetriedFailedResponse> {
  const [{ ids, hopeless, isAll }, failed] = await Promise.all([
    request.ids === undefined ? oldestThatMaySucceed(ports.images) : { ids: request.ids, hopeless: 0, isAll: false },
    ports.images.count('failed', countAtMost),
  ])
  let takenUp = 0
  const act = async (id: string) => {
    const isQueued = await retryOneThatFailed(ports, id)
    takenUp += 1
    if (!isQueued) throw notSent()
  }
  const results = await forEachImage(ids, act, ports.log)
  return { results, remaining: isAll ? 0 : Math.max(0, failed - takenUp - hopeless) }
}

interface Found {
  readonly ids: readonly string[]
  /** How many were passed over. */
  readonly hopeless: number
  /** Whether there are no others. */
  readonly isAll: boolean
}

async function oldestThatMaySucceed(images: Images): Promise<Found> {
  const ids: string[] = []
  let hopeless = 0
  let cursor: string | null = null
  do {
    const query = {
      status: 'failed',
      text: null,
      sort: 'uploaded_at',
      cursor,
      limit: limits.imagesPerBulkCall,
    } as const
    const page = await images.list(query)
    const some = page.records.filter(({ processing_error: error }) => !isFinal(error))
    hopeless += page.records.length - some.length
    ids.push(...some.map(({ id }) => id))
    cursor = page.cursor
  } while (cursor !== null && ids.length < limits.imagesPerBulkCall)
  const isAll = cursor === null && ids.length <= limits.imagesPerBulkCall
  return { ids: ids.slice(0, limits.imagesPerBulkCall), hopeless, isAll }
}

const isFinal = (error: Image['processing_error']) => error !== null && dispositionOf[error.code] === 'reject'

const notSent = () =>
  new RequestError(503, 'service_unavailable', 'It waits now, but processing could not be started. Retry it by itself.')

/** @returns whether its job is on its way */
async function retryOneThatFailed(ports: RetryProcessingPorts, id: string): Promise<boolean> {
  const record = await existingImage(ports.images, id)
  const { processing_status: status } = record
  // An earlier call may have broken off before its job was sent.
  if (status !== 'failed' && !isOverdue(record, ports.ambient.now()))
    throw new RequestError(409, 'conflict', `This image has not failed; it is ${status}.`)
  return (await retryProcessing(ports, id)).background_processing
}
