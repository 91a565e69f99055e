import { randomUUID } from 'node:crypto'
import type { EventSourceModel, FunctionModel, QueueModel } from '../model.ts'
import type { Messaging, ReceivedMessage } from '../services/messaging-port.ts'
import { failedMessageIds } from './batch-response.ts'
import type { InvocationHook } from './invocation-hook.ts'
import type { Invoker } from './invoker.ts'
import { pollQueue } from './poll-queue.ts'

/** Batches at the same time where the template sets no maximum: what AWS starts with. */
const defaultConcurrency = 5

export interface SqsEventSource {
  readonly source: EventSourceModel
  readonly queue: QueueModel
  readonly model: FunctionModel
  readonly messaging: Messaging
  readonly invoker: Invoker
  readonly hook: InvocationHook
  readonly report: (problem: string, error: unknown) => void
}

/**
 * Feeds a function from a queue until `signal` is aborted. Only what succeeded is deleted; what failed is seen again
 * after the queue's visibility time-out, and goes to its dead-letter queue as that is configured.
 */
export function runSqsEventSource(options: SqsEventSource, signal: AbortSignal): Promise<void> {
  const { source, queue, model, messaging, invoker, hook, report } = options
  const handle = async (batch: readonly ReceivedMessage[]) => {
    const requestId = randomUUID()
    const payload = JSON.stringify({ Records: batch.map((message) => sqsRecord(message, queue.arn)) })
    const visibilitySeconds = queue.visibilityTimeoutSeconds
    const outcome = await invoker.deliver({ model, requestId, payload, visibilitySeconds }, signal)
    if (outcome.failed) return
    const failed = source.reportBatchItemFailures ? failedMessageIds(outcome.payload, batch) : new Set<string>()
    const done = batch.filter(({ messageId }) => !failed.has(messageId))
    await hook({ function: model.name, requestId, phase: 'before-acknowledgement' })
    await Promise.all(done.map(({ receiptHandle }) => messaging.delete(queue.name, receiptHandle)))
  }
  return pollQueue(
    {
      messaging,
      queueName: queue.name,
      batchSize: source.batchSize,
      batchingWindowMs: source.maximumBatchingWindowSeconds * 1000,
      concurrency: source.maximumConcurrency ?? defaultConcurrency,
      visibilitySeconds: null,
      whenRoom: (whenSignal) => invoker.whenRoom(model, whenSignal),
      handle,
      report,
    },
    signal,
  )
}

/** As Lambda hands a message of SQS to a function. */
function sqsRecord(message: ReceivedMessage, queueArn: string): object {
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: message.attributes,
    messageAttributes: Object.fromEntries(
      Object.entries(message.messageAttributes).map(([name, { dataType, stringValue, binaryValue }]) => [
        name,
        {
          ...(stringValue === undefined ? {} : { stringValue }),
          ...(binaryValue === undefined ? {} : { binaryValue }),
          stringListValues: [],
          binaryListValues: [],
          dataType,
        },
      ]),
    ),
    md5OfBody: message.md5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3],
  }
}
