import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { ImageError } from '../core/errors.ts'
import { batchesOf } from './batches.ts'

/** SQS gives and takes no more at once. */
const lettersPerCall = 10

/** Out of others' sight while they are looked at; what stays comes back after this. */
const visibilitySeconds = 60

/** What lies in one queue of dead letters. */
export function sqsLetters(client: SQSClient, QueueUrl: string) {
  /** As SQS counts, a moment late: what it does not know of yet is there the next time. */
  async function isEmpty(): Promise<boolean> {
    const AttributeNames = ['ApproximateNumberOfMessages' as const]
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))
    return Number(Attributes?.ApproximateNumberOfMessages ?? 0) === 0
  }

  async function receive(atMost: number): Promise<{ readonly body: string; readonly receipt: string }[]> {
    const letters: { body: string; receipt: string }[] = []
    while (letters.length < atMost) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: Math.min(lettersPerCall, atMost - letters.length),
          VisibilityTimeout: visibilitySeconds,
          // Asks all servers of SQS; without it an answer may be empty although there are messages.
          WaitTimeSeconds: 1,
        }),
      )
      if (Messages.length === 0) break
      letters.push(...Messages.map(({ Body = '', ReceiptHandle = '' }) => ({ body: Body, receipt: ReceiptHandle })))
    }
    return letters
  }

  return {
    receive,

    /** For who asks each minute and nearly always in vain: to wait for nothing would be paid for by the second. */
    receiveIfAny: async (atMost: number) => ((await isEmpty()) ? [] : await receive(atMost)),

    async remove(receipt: string): Promise<void> {
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt }))
    },

    async release(receipts: readonly string[], seconds: number): Promise<void> {
      for (const batch of batchesOf(receipts, lettersPerCall)) {
        const Entries = batch.map((ReceiptHandle, at) => ({
          Id: String(at),
          ReceiptHandle,
          VisibilityTimeout: seconds,
        }))
        const { Failed: [first] = [] } = await client.send(
          new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }),
        )
        if (first === undefined) continue
        throw new ImageError('storage_unavailable', `A dead letter could not be released: ${first.Code}.`)
      }
    },
  }
}
