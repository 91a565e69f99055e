import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { type ProcessImageJob, processImageJob } from '@glowworm/events/jobs'
import * as z from 'zod'
import { ImageError } from '../core/errors.ts'
import type { DeadLetter, DeadLetterBox, DeadLetters } from '../core/ports.ts'
import { batchesOf } from './batches.ts'

/** SQS gives and takes no more at once. */
const lettersPerCall = 10

/** Out of others' sight while they are looked at; what stays comes back after this. */
const visibilitySeconds = 60

export function sqsDeadLetters({
  client,
  queueUrls,
}: {
  client: SQSClient
  queueUrls: Readonly<Partial<Record<DeadLetterBox, string>>>
}): DeadLetters {
  function urlOf(box: DeadLetterBox): string {
    const url = queueUrls[box]
    if (url === undefined) throw new Error(`Expected the URL of the dead letters ${box}, there is none.`)
    return url
  }

  return {
    async receive(box, atMost) {
      const letters: DeadLetter[] = []
      while (letters.length < atMost) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl: urlOf(box),
            MaxNumberOfMessages: Math.min(lettersPerCall, atMost - letters.length),
            VisibilityTimeout: visibilitySeconds,
            // Asks all servers of SQS; without it an answer may be empty although there are messages.
            WaitTimeSeconds: 1,
          }),
        )
        if (Messages.length === 0) break
        letters.push(
          ...Messages.map(({ Body = '', ReceiptHandle = '' }) => ({ job: readJob(Body), receipt: ReceiptHandle })),
        )
      }
      return letters
    },

    async remove(box, receipt) {
      await client.send(new DeleteMessageCommand({ QueueUrl: urlOf(box), ReceiptHandle: receipt }))
    },

    async release(box, receipts, seconds) {
      for (const batch of batchesOf(receipts, lettersPerCall)) {
        const Entries = batch.map((ReceiptHandle, at) => ({
          Id: String(at),
          ReceiptHandle,
          VisibilityTimeout: seconds,
        }))
        const { Failed: [first] = [] } = await client.send(
          new ChangeMessageVisibilityBatchCommand({ QueueUrl: urlOf(box), Entries }),
        )
        if (first === undefined) continue
        throw new ImageError('storage_unavailable', `A dead letter could not be released: ${first.Code}.`)
      }
    },
  }
}

/** What Lambda tells of an asynchronous invocation that it has given up: the event, as it was sent. */
const givenUpInvocation = z.object({
  requestPayload: z.object({ Records: z.tuple([z.object({ body: z.string() })]) }),
})

function readJob(body: string): ProcessImageJob | null {
  try {
    const content: unknown = JSON.parse(body)
    const invocation = givenUpInvocation.safeParse(content)
    return processImageJob.parse(
      invocation.success ? JSON.parse(invocation.data.requestPayload.Records[0].body) : content,
    )
  } catch {
    return null
  }
}
