import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { MessageAttribute, Messaging, ReceivedMessage } from '../../services/messaging-port.ts'

interface StoredMessage {
  readonly messageId: string
  readonly body: string
  readonly messageAttributes: Readonly<Record<string, MessageAttribute>>
  readonly sentAt: number
  firstReceivedAt: number | null
  visibleAt: number
  receiveCount: number
  receiptHandle: string
}

/** A `Messaging` without services: queues exist once they are named, and hide received messages for `visibilitySeconds`. */
export class InMemoryMessaging implements Messaging {
  readonly #visibilitySeconds: number
  readonly #queues = new Map<string, StoredMessage[]>()
  readonly deleted: string[] = []

  constructor(visibilitySeconds = 30) {
    this.#visibilitySeconds = visibilitySeconds
  }

  async receive(
    queueName: string,
    options: { max: number; waitMs: number; visibilitySeconds: number | null },
    signal: AbortSignal,
  ): Promise<ReceivedMessage[]> {
    const deadline = Date.now() + options.waitMs
    while (!signal.aborted) {
      const visible = this.#queue(queueName).filter(({ visibleAt }) => visibleAt <= Date.now())
      if (visible.length > 0) return visible.slice(0, options.max).map((one) => this.#hand(one, options))
      if (Date.now() >= deadline) break
      await delay(5, undefined, { signal }).catch(() => undefined)
    }
    return []
  }

  async delete(queueName: string, receiptHandle: string): Promise<void> {
    const queue = this.#queue(queueName)
    const index = queue.findIndex((message) => message.receiptHandle === receiptHandle)
    if (index >= 0) this.deleted.push(...queue.splice(index, 1).map(({ messageId }) => messageId))
  }

  async changeVisibility(queueName: string, receiptHandle: string, seconds: number): Promise<void> {
    const message = this.#queue(queueName).find((one) => one.receiptHandle === receiptHandle)
    if (message) message.visibleAt = Date.now() + seconds * 1000
  }

  async send(
    queueName: string,
    body: string,
    options: { attributes?: Readonly<Record<string, MessageAttribute>>; delaySeconds?: number } = {},
  ): Promise<string> {
    const messageId = randomUUID()
    this.#queue(queueName).push({
      messageId,
      body,
      messageAttributes: options.attributes ?? {},
      sentAt: Date.now(),
      firstReceivedAt: null,
      visibleAt: Date.now() + (options.delaySeconds ?? 0) * 1000,
      receiveCount: 0,
      receiptHandle: '',
    })
    return messageId
  }

  async counts(queueName: string): Promise<{ visible: number; inFlight: number; delayed: number }> {
    const queue = this.#queue(queueName)
    const visible = queue.filter(({ visibleAt }) => visibleAt <= Date.now()).length
    return { visible, inFlight: queue.length - visible, delayed: 0 }
  }

  bodies(queueName: string): string[] {
    return this.#queue(queueName).map(({ body }) => body)
  }

  /** Of the message that was received last, among those that are there. */
  receiptOf(queueName: string): string {
    return this.#queue(queueName).findLast(({ receiptHandle }) => receiptHandle !== '')?.receiptHandle ?? ''
  }

  #queue(name: string): StoredMessage[] {
    const queue = this.#queues.get(name) ?? []
    this.#queues.set(name, queue)
    return queue
  }

  #hand(message: StoredMessage, { visibilitySeconds }: { visibilitySeconds: number | null }): ReceivedMessage {
    message.receiveCount++
    message.firstReceivedAt ??= Date.now()
    message.receiptHandle = randomUUID()
    message.visibleAt = Date.now() + (visibilitySeconds ?? this.#visibilitySeconds) * 1000
    return {
      messageId: message.messageId,
      receiptHandle: message.receiptHandle,
      body: message.body,
      md5OfBody: createHash('md5').update(message.body).digest('hex'),
      attributes: {
        ApproximateReceiveCount: String(message.receiveCount),
        ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
        SentTimestamp: String(message.sentAt),
        SenderId: '000000000000',
      },
      messageAttributes: message.messageAttributes,
    }
  }
}
