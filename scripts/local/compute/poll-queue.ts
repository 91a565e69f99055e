import { setTimeout as delay } from 'node:timers/promises'
import type { Messaging, ReceivedMessage } from '../services/messaging-port.ts'

/** How long one poll waits for a message; then capacity is asked for again. */
const longPollMs = 20_000
/** The most that one receive can fetch, as in SQS. */
const receiveMax = 10
/** After a queue could not be read. */
const troubleMs = 1_000

export interface QueuePoll {
  readonly messaging: Messaging
  readonly queueName: string
  /** Messages per batch; above ten they are gathered by several receives. */
  readonly batchSize: number
  /** How long to go on gathering after the first message. */
  readonly batchingWindowMs: number
  /** Batches handled at the same time. */
  readonly concurrency: number
  readonly visibilitySeconds: number | null
  /** Resolves when a batch could be handled at once. */
  readonly whenRoom: (signal: AbortSignal) => Promise<void>
  /** A rejection is reported, and its messages are left to their visibility time-out. */
  readonly handle: (batch: readonly ReceivedMessage[]) => Promise<void>
  readonly report: (problem: string, error: unknown) => void
}

/**
 * Reads a queue until `signal` is aborted, and resolves when the last batch is handled. A batch is received only when
 * there is room to handle it: until then its messages stay where other consumers, and people, can see them.
 */
export async function pollQueue(poll: QueuePoll, signal: AbortSignal): Promise<void> {
  const running = new Set<Promise<void>>()
  while (!signal.aborted) {
    if (running.size >= poll.concurrency) {
      await Promise.race(running)
      continue
    }
    await poll.whenRoom(signal)
    if (signal.aborted) break
    try {
      const batch = await receiveBatch(poll, signal)
      if (batch.length === 0) continue
      const handling = poll
        .handle(batch)
        .catch((error) => poll.report(`messages of ${poll.queueName}`, error))
        .finally(() => running.delete(handling))
      running.add(handling)
    } catch (error) {
      poll.report(`reading ${poll.queueName}`, error)
      await delay(troubleMs, undefined, { signal }).catch(() => undefined)
    }
  }
  await Promise.all(running)
}

async function receiveBatch(poll: QueuePoll, signal: AbortSignal): Promise<readonly ReceivedMessage[]> {
  const receive = (max: number, waitMs: number) => {
    const options = { max: Math.min(max, receiveMax), waitMs, visibilitySeconds: poll.visibilitySeconds }
    return poll.messaging.receive(poll.queueName, options, signal)
  }
  const batch = [...(await receive(poll.batchSize, longPollMs))]
  const windowEnd = performance.now() + poll.batchingWindowMs
  while (batch.length > 0 && batch.length < poll.batchSize && !signal.aborted) {
    const more = await receive(poll.batchSize - batch.length, Math.max(0, windowEnd - performance.now()))
    batch.push(...more)
    if (more.length === 0) break
  }
  return batch
}
