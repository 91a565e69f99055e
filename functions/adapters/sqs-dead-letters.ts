import type { SQSClient } from '@aws-sdk/client-sqs'
import { type ProcessImageJob, processImageJob } from '@glowworm/events/jobs'
import * as z from 'zod'
import type { DeadLetterBox, DeadLetters } from '../core/ports.ts'
import { sqsLetters } from './sqs-letters.ts'

export function sqsDeadLetters({
  client,
  queueUrls,
}: {
  client: SQSClient
  queueUrls: Readonly<Partial<Record<DeadLetterBox, string>>>
}): DeadLetters {
  function lettersOf(box: DeadLetterBox) {
    const url = queueUrls[box]
    if (url === undefined) throw new Error(`Expected the URL of the dead letters ${box}, there is none.`)
    return sqsLetters(client, url)
  }

  return {
    async receive(box, atMost) {
      const { receive, receiveIfAny } = lettersOf(box)
      // The others are counted elsewhere, or looked into because a person asks.
      const letters = await (box === 'direct' ? receiveIfAny(atMost) : receive(atMost))
      return letters.map(({ body, receipt }) => ({ job: readJob(body), receipt }))
    },
    remove: (box, receipt) => lettersOf(box).remove(receipt),
    release: (box, receipts, seconds) => lettersOf(box).release(receipts, seconds),
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
