import { setTimeout as wait } from 'node:timers/promises'
import type { ImageRecord } from '../../functions/core/image-record.ts'
import { isDeadLetterQueue, type OutsideView, type QueueState } from './outside-view.ts'

/** Looks in a row that must all find nothing going on. */
const quietLooks = 3
const betweenLooksMs = 400
/** So long something may go on by itself before it is hurried. */
const patienceMs = 3_000
/** After so long in which nothing has become less, it is stuck. */
const standstillMs = 180_000

export interface Unrest {
  readonly queues: readonly QueueState[]
  readonly images: readonly Pick<
    ImageRecord,
    'id' | 'processing_status' | 'lease' | 'last_processing_attempt' | 'next_retry_at' | 'deleted_at'
  >[]
}

/** What goes on at this moment; null if nothing does. */
export async function lookForUnrest(view: OutsideView): Promise<Unrest | null> {
  const [queues, images] = await Promise.all([busyQueues(view), imagesInBetween(view)])
  return queues.length === 0 && images.length === 0 ? null : { queues, images }
}

/**
 * Waits until nothing goes on any more: no message on its way, no image in between.
 * @param hurry is told every few seconds what still goes on, and lets come now what waits for its time
 * @returns what is stuck; null if it became quiet
 */
export async function untilQuiet(view: OutsideView, hurry: (unrest: Unrest) => Promise<void>): Promise<Unrest | null> {
  const least = { messages: Number.POSITIVE_INFINITY, images: Number.POSITIVE_INFINITY }
  let deadline = Date.now() + standstillMs
  let hurryAt = Date.now() + patienceMs
  let busy: readonly string[] = []
  for (let quiet = 0; ; ) {
    const isDue = Date.now() > Math.min(hurryAt, deadline)
    // All queues, and all records, are many: as long as messages are where some were it is not quiet, whatever they say.
    const stillBusy = isDue || busy.length === 0 ? [] : await busyQueues(view, busy)
    const queues = stillBusy.length > 0 ? stillBusy : await busyQueues(view)
    busy = queues.map(({ name }) => name)
    const lookedAt = performance.now()
    const images = queues.length === 0 || isDue ? await imagesInBetween(view) : null
    const isQuiet = queues.length === 0 && images?.length === 0
    quiet = isQuiet ? quiet + 1 : 0
    if (quiet === quietLooks) return null
    const messages = queues.reduce((sum, { waiting, inFlight }) => sum + waiting + inFlight, 0)
    if (messages < least.messages || (images !== null && images.length < least.images)) {
      least.messages = Math.min(least.messages, messages)
      least.images = Math.min(least.images, images?.length ?? least.images)
      deadline = Date.now() + standstillMs
    }
    if (images !== null && Date.now() > deadline) return { queues, images }
    if (isDue && images !== null) {
      if (!isQuiet) await hurry({ queues, images })
      hurryAt = Date.now() + Math.max(patienceMs, 10 * (performance.now() - lookedAt))
    }
    await wait(betweenLooksMs)
  }
}

async function busyQueues(view: OutsideView, among?: readonly string[]): Promise<readonly QueueState[]> {
  const queues = await view.queues(among)
  return queues.filter(({ name, waiting, inFlight }) => !isDeadLetterQueue(name) && waiting + inFlight > 0)
}

async function imagesInBetween(view: OutsideView): Promise<Unrest['images']> {
  const records = await view.records()
  return records
    .filter(
      ({ processing_status, deleted_at }) =>
        deleted_at !== null || processing_status === 'pending' || processing_status === 'processing',
    )
    .map(({ id, processing_status, lease, last_processing_attempt, next_retry_at, deleted_at }) => {
      return { id, processing_status, lease, last_processing_attempt, next_retry_at, deleted_at }
    })
}
