import type {
  MessageAttribute,
  Messaging,
  QueueCounts,
  ReceivedMessage,
  ReceiveOptions,
  ReleasedMessage,
  SendOptions,
} from '../messaging-port.ts'
import type { CreateMessage, SqsMessage, SqsQueue, SqsStore } from './stores.ts'
import { UnknownQueue } from './unknown-queue.ts'

/** Messaging straight on the stores of fauxqs. Its calls are synchronous, so nothing comes between look and take. */
export class Queues implements Messaging {
  readonly #store: SqsStore
  readonly #createMessage: CreateMessage
  #closed = false

  constructor(store: SqsStore, createMessage: CreateMessage) {
    this.#store = store
    this.#createMessage = createMessage
  }

  async receive(queueName: string, options: ReceiveOptions, signal: AbortSignal): Promise<readonly ReceivedMessage[]> {
    const queue = this.#queue(queueName)
    const deadline = performance.now() + options.waitMs
    while (!signal.aborted && !this.#closed) {
      const taken = queue.dequeue(options.max, options.visibilitySeconds ?? undefined, (arn) =>
        this.#store.getQueueByArn(arn),
      )
      if (taken.length > 0) {
        return taken.flatMap(({ ReceiptHandle }) => {
          const entry = queue.inflightMessages.get(ReceiptHandle)
          return entry === undefined ? [] : [receivedMessage(entry.message, ReceiptHandle)]
        })
      }
      const remaining = deadline - performance.now()
      if (remaining <= 0) return []
      await waitForMessage(queue, remaining, signal)
    }
    return []
  }

  /** Resolves when there may be a message, when the time is over or when the caller has gone. */
  async waitForMessage(queueName: string, waitMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#closed) await waitForMessage(this.#queue(queueName), waitMs, signal)
  }

  async delete(queueName: string, receiptHandle: string): Promise<void> {
    this.#queue(queueName).deleteMessage(receiptHandle)
  }

  async changeVisibility(queueName: string, receiptHandle: string, seconds: number): Promise<void> {
    this.#queue(queueName).changeVisibility(receiptHandle, seconds)
  }

  async send(queueName: string, body: string, options: SendOptions = {}): Promise<string> {
    const queue = this.#queue(queueName)
    const delaySeconds = options.delaySeconds ?? Number(queue.attributes.DelaySeconds)
    const message = this.#createMessage(body, storedAttributes(options.attributes ?? {}), delaySeconds)
    queue.enqueue(message)
    return message.messageId
  }

  async counts(queueName: string): Promise<QueueCounts> {
    const queue = this.#queue(queueName)
    queue.processTimers()
    return {
      visible: queue.messages.length,
      inFlight: queue.inflightMessages.size,
      delayed: queue.delayedMessages.length,
    }
  }

  /** As if the time had run out for which messages are hidden: whatever is in flight can be received again. */
  release(queueName: string): readonly ReleasedMessage[] {
    const queue = this.#queue(queueName)
    queue.processTimers()
    return [...queue.inflightMessages].map(([receiptHandle, { message, visibilityDeadline }]) => {
      queue.changeVisibility(receiptHandle, 0)
      const secondsLeft = (visibilityDeadline - Date.now()) / 1000
      return { body: message.body, receives: message.approximateReceiveCount, secondsLeft }
    })
  }

  has(queueName: string): boolean {
    return this.#store.getQueueByName(queueName) !== undefined
  }

  /** How long the queue lets a receiver wait that does not say. */
  waitSeconds(queueName: string): number {
    return Number(this.#queue(queueName).attributes.ReceiveMessageWaitTimeSeconds)
  }

  /** Ends every wait; nothing is received any more. */
  close(): void {
    this.#closed = true
    this.#store.shutdown()
  }

  #queue(name: string): SqsQueue {
    const queue = this.#store.getQueueByName(name)
    if (queue === undefined) throw new UnknownQueue(name)
    return queue
  }
}

async function waitForMessage(queue: SqsQueue, waitMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const woken = queue.waitForMessages(waitMs / 1000)
  const waiter = queue.pollWaiters.at(-1)
  const giveUp = () => {
    if (waiter === undefined) return
    queue.pollWaiters = queue.pollWaiters.filter((other) => other !== waiter)
    clearTimeout(waiter.timer)
    waiter.resolve()
  }
  signal.addEventListener('abort', giveUp, { once: true })
  await woken
  signal.removeEventListener('abort', giveUp)
}

function receivedMessage(message: SqsMessage, receiptHandle: string): ReceivedMessage {
  return {
    messageId: message.messageId,
    receiptHandle,
    body: message.body,
    md5OfBody: message.md5OfBody,
    attributes: {
      ApproximateReceiveCount: String(message.approximateReceiveCount),
      SentTimestamp: String(message.sentTimestamp),
      SenderId: '000000000000',
      ApproximateFirstReceiveTimestamp: String(message.approximateFirstReceiveTimestamp ?? message.sentTimestamp),
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.messageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        {
          dataType: DataType,
          ...(StringValue !== undefined && { stringValue: StringValue }),
          ...(BinaryValue !== undefined && { binaryValue: BinaryValue }),
        },
      ]),
    ),
  }
}

function storedAttributes(attributes: Readonly<Record<string, MessageAttribute>>): SqsMessage['messageAttributes'] {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      {
        DataType: dataType,
        ...(stringValue !== undefined && { StringValue: stringValue }),
        ...(binaryValue !== undefined && { BinaryValue: binaryValue }),
      },
    ]),
  )
}
