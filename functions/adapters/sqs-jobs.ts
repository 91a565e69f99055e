import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { type JobPriority, processImageJob } from '@glowworm/events/jobs'
import type { Jobs } from '../core/ports.ts'

/** A queue for each priority. */
export function sqsJobs({
  client,
  queueUrls,
}: {
  client: SQSClient
  queueUrls: Readonly<Partial<Record<JobPriority, string>>>
}): Jobs {
  return {
    async send(job, priority) {
      const QueueUrl = queueUrls[priority]
      if (QueueUrl === undefined) throw new Error(`Expected a queue for jobs of ${priority} priority, found none.`)
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(processImageJob.parse(job)) }))
    },
  }
}
