import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSRecord } from 'aws-lambda'
import type * as z from 'zod'
import { deliveryRetryBaseMs, retryDelayMs } from '../core/backoff.ts'
import { readMessage } from './read-message.ts'
import { childLogger, flushMetrics, type Logger, logger, measure } from './telemetry.ts'

/** What became of one message. */
export type MessageOutcome =
  | { readonly kind: 'done' }
  /** Deliver it again, not before so many seconds. */
  | { readonly kind: 'retry'; readonly afterSeconds: number }
  /**
   * It is not its turn: somebody else works on it, or it is to wait. Deliver it again then, should nobody have done it. A
   * direct invocation looks again for a while: whoever works on it may die when all is done and nobody told. Then it is
   * done with, for the sweep finds what is left undone; failing would only use up the few retries that Lambda grants.
   */
  | { readonly kind: 'held'; readonly afterSeconds: number }

export interface MessageContext {
  /** 1 for the first delivery. */
  readonly receiveCount: number
  /** Until the function times out. */
  remainingMs(): number
  readonly logger: Logger
}

/** Decides when a message that is being worked on is delivered again. */
export interface MessageVisibility {
  change(queueArn: string, receiptHandle: string, seconds: number): Promise<void>
}

/** From a queue, or from a direct asynchronous invocation in the same shape: that has no receipt. */
type QueueRecord = Pick<SQSRecord, 'messageId' | 'body' | 'eventSourceARN'> & {
  readonly receiptHandle?: string
  readonly attributes: Pick<SQSRecord['attributes'], 'ApproximateReceiveCount'>
}

interface QueueEvent {
  readonly Records: readonly QueueRecord[]
}

/** So long most work takes, and so often a direct invocation looks whether it is done. */
const directPatienceMs = 15_000
const betweenLooksMs = 1_000

/** Makes a record, or a direct invocation, fail for the sake of its next delivery. */
class RetryRequested extends Error {
  override readonly name = 'RetryRequested'
}

/**
 * A handler for queued messages. Records settle apart: those that are not done are reported back, and only they are
 * delivered again. A message that does not fit the schema is reported as well; after its last delivery the queue
 * moves it to its dead letters. A direct invocation has no queue behind it: it fails as a whole, and Lambda's own
 * asynchronous retry takes over.
 */
export function queueHandler<Schema extends z.ZodType<{ readonly correlation_id: string }>>(
  { schema, visibility }: { readonly schema: Schema; readonly visibility: MessageVisibility },
  handle: (message: z.output<Schema>, context: MessageContext) => Promise<MessageOutcome>,
) {
  async function settle(record: QueueRecord, lambda: Context): Promise<void> {
    const message = readMessage(schema, record.body, record.messageId)
    const receiveCount = Number(record.attributes.ApproximateReceiveCount)
    const log = childLogger({
      message_id: record.messageId,
      receive_count: receiveCount,
      correlation_id: message.correlation_id,
    })

    const isDirect = record.receiptHandle === undefined
    const attempt = () =>
      handle(message, { receiveCount, remainingMs: () => lambda.getRemainingTimeInMillis(), logger: log })

    let outcome: MessageOutcome
    try {
      outcome = await attempt()
      for (let waitedMs = 0; isDirect && outcome.kind === 'held' && waitedMs < directPatienceMs; ) {
        await new Promise((resolve) => setTimeout(resolve, betweenLooksMs))
        waitedMs += betweenLooksMs
        outcome = await attempt()
      }
    } catch (error) {
      log.error('message failed', { error })
      measure('MessageFailed')
      const delayMs = retryDelayMs(receiveCount, Math.random(), deliveryRetryBaseMs)
      await deliverAgain(visibility, record, delayMs / 1_000, log)
      throw error
    }
    if (outcome.kind === 'done') return
    if (outcome.kind === 'held' && isDirect) {
      log.info('it is not the turn of this invocation')
      return
    }
    log.info('message asks to be delivered again', { after_seconds: outcome.afterSeconds })
    measure('MessageRetried')
    await deliverAgain(visibility, record, outcome.afterSeconds, log)
    throw new RetryRequested(`Message ${record.messageId} asks to be delivered again.`)
  }

  // No early time-out: a worker that runs out of time must count as crashed, not as failed in good order.
  return middy<QueueEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 })
    .use(flushMetrics)
    .use(injectLambdaContext(logger))
    .handler(async ({ Records: records }: QueueEvent, lambda: Context) => {
      const settled = await Promise.allSettled(records.map((record) => settle(record, lambda)))
      const failures = records.flatMap((record, index) => {
        const result = settled[index]
        return result?.status === 'rejected' ? [{ record, reason: result.reason as unknown }] : []
      })
      const direct = failures.find(({ record }) => record.receiptHandle === undefined)
      if (direct !== undefined) throw direct.reason
      return { batchItemFailures: failures.map(({ record }) => ({ itemIdentifier: record.messageId })) }
    })
}

/** Should this fail, the message stays hidden for the queue's whole visibility time-out, and comes back then. */
async function deliverAgain(visibility: MessageVisibility, record: QueueRecord, afterSeconds: number, log: Logger) {
  if (record.receiptHandle === undefined) return
  try {
    await visibility.change(record.eventSourceARN, record.receiptHandle, afterSeconds)
  } catch (error) {
    log.warn('the time of the next delivery could not be set', { error })
  }
}
