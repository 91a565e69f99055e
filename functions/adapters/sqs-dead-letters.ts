import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { type JobPriority, type ProcessImageJob, processImageJob } from '@glowworm/events/jobs'
import type { DeadLetter, DeadLetters } from '../core/ports.ts'

/** SQS gives no more at once. */
const lettersPerReceive = 10

/** Out of others' sight while they are looked at; what stays comes back after this. */
const visibilitySeconds = 60

export function sqsDeadLetters({
  client,
  queueUrls,
}: {
  client: SQSClient
  queueUrls: Readonly<Record<JobPriority, string>>
}): DeadLetters {
  return {
    async receive(priority, atMost) {
      const letters: DeadLetter[] = []
      while (letters.length < atMost) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrls[priority],
            MaxNumberOfMessages: Math.min(lettersPerReceive, atMost - letters.length),
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

    async remove(priority, receipt) {
      await client.send(new DeleteMessageCommand({ QueueUrl: queueUrls[priority], ReceiptHandle: receipt }))
    },
  }
}

function readJob(body: string): ProcessImageJob | null {
  try {
    return processImageJob.parse(JSON.parse(body))
  } catch {
    return null
  }
}
