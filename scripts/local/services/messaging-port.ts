/** A message attribute; `dataType` is `String`, `Number` or `Binary`, with an optional `.label`. */
export interface MessageAttribute {
  readonly dataType: string
  readonly stringValue?: string
  /** Base64, as in a Lambda event. */
  readonly binaryValue?: string
}

/** A message in flight: hidden from other receivers until its visibility runs out, it is released or deleted. */
export interface ReceivedMessage {
  readonly messageId: string
  /** Good for `delete` and `changeVisibility` until the message is received again. */
  readonly receiptHandle: string
  readonly body: string
  /** Lower-case hex MD5. */
  readonly md5OfBody: string
  /**
   * As SQS names them, all strings: `ApproximateReceiveCount`, `SentTimestamp` and `ApproximateFirstReceiveTimestamp`
   * (epoch milliseconds), `SenderId`.
   */
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes: Readonly<Record<string, MessageAttribute>>
}

export interface ReceiveOptions {
  /** At most so many messages, 1 to 10. */
  readonly max: number
  /** How long to wait for the first message; 0 answers at once. Not limited to the 20 s of SQS. */
  readonly waitMs: number
  /** Null takes the queue's own. */
  readonly visibilitySeconds: number | null
}

export interface SendOptions {
  readonly attributes?: Readonly<Record<string, MessageAttribute>>
  /** 0 to 900; the queue's own delay by default. */
  readonly delaySeconds?: number
}

/** A message that was in flight and need not wait any longer. */
export interface ReleasedMessage {
  readonly body: string
  readonly receives: number
  /** How long it would have stayed hidden. */
  readonly secondsLeft: number
}

export interface QueueCounts {
  readonly visible: number
  readonly inFlight: number
  readonly delayed: number
}

/**
 * The queues, from inside the process: the same messages that the SQS API serves, without HTTP. Every method rejects
 * with `UnknownQueue` for a name that is no queue.
 */
export interface Messaging {
  /**
   * Up to `max` messages, none if the wait is over first. An aborted call resolves promptly with an empty list and
   * takes nothing: no message is hidden by a receiver that has gone. A message received more often than its queue's
   * redrive allows goes to the dead-letter queue instead.
   */
  receive(queueName: string, options: ReceiveOptions, signal: AbortSignal): Promise<readonly ReceivedMessage[]>
  /** Deleting what is already gone is no error, as on SQS. */
  delete(queueName: string, receiptHandle: string): Promise<void>
  /** Hides the message for `seconds` (0 to 43200) from now; 0 releases it at once. No error if it is not in flight. */
  changeVisibility(queueName: string, receiptHandle: string, seconds: number): Promise<void>
  /** Resolves with the message id once the message would survive a kill. */
  send(queueName: string, body: string, options?: SendOptions): Promise<string>
  counts(queueName: string): Promise<QueueCounts>
}
