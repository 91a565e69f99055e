import type { SQSClient } from '@aws-sdk/client-sqs'
import { type UpdateEvent, updateEvent } from '@glowworm/events/update-events'
import * as z from 'zod'
import type { DeadUpdates } from '../core/ports.ts'
import { sqsLetters } from './sqs-letters.ts'

export function sqsDeadUpdates({ client, queueUrl }: { client: SQSClient; queueUrl: string }): DeadUpdates {
  const letters = sqsLetters(client, queueUrl)
  return {
    async receive(atMost) {
      return (await letters.receiveIfAny(atMost)).map(({ body, receipt }) => ({ event: readEvent(body), receipt }))
    },
    remove: letters.remove,
    release: letters.release,
  }
}

/** What Lambda tells of a delivery from the topic that it has given up. */
const givenUpDelivery = z.object({
  requestPayload: z.object({ Records: z.tuple([z.object({ Sns: z.object({ Message: z.string() }) })]) }),
})

function readEvent(body: string): UpdateEvent | null {
  try {
    const [{ Sns: sns }] = givenUpDelivery.parse(JSON.parse(body)).requestPayload.Records
    return updateEvent.parse(JSON.parse(sns.Message))
  } catch {
    return null
  }
}
