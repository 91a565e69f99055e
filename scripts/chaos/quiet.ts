import { setTimeout as wait } from 'node:timers/promises'
import type { ImageRecord } from '../../functions/core/image-record.ts'
import { isDeadLetterQueue, type OutsideView, type QueueState } from './outside-view.ts'

/** Looks in a row that must all find nothing going on. */
const quietLooks = 3
const betweenLooksMs = 400

export interface Unrest {
  readonly queues: readonly QueueState[]
  readonly images: readonly Pick<ImageRecord, 'id' | 'processing_status' | 'lease' | 'next_retry_at' | 'deleted_at'>[]
}

/**
 * Waits until nothing goes on any more: no message on its way, no image in between.
 * @returns what still went on at the deadline; null if it became quiet
 */
export async function untilQuiet(view: OutsideView, deadlineMs: number): Promise<Unrest | null> {
  const deadline = Date.now() + deadlineMs
  for (let quiet = 0; ; ) {
    const unrest = await look(view)
    quiet = unrest === null ? quiet + 1 : 0
    if (quiet === quietLooks) return null
    if (Date.now() > deadline) return unrest
    await wait(betweenLooksMs)
  }
}

async function look(view: OutsideView): Promise<Unrest | null> {
  const [queues, records] = await Promise.all([view.queues(), view.records()])
  const busy = queues.filter(({ name, waiting, inFlight }) => !isDeadLetterQueue(name) && waiting + inFlight > 0)
  const between = records.filter(
    ({ processing_status, deleted_at }) =>
      deleted_at !== null || processing_status === 'pending' || processing_status === 'processing',
  )
  if (busy.length === 0 && between.length === 0) return null
  return {
    queues: busy,
    images: between.map(({ id, processing_status, lease, next_retry_at, deleted_at }) => {
      return { id, processing_status, lease, next_retry_at, deleted_at }
    }),
  }
}
