import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { applyDisplaySizesJob } from '@glowworm/events/jobs'
import type { Backfills } from '../core/ports.ts'

export function sqsBackfills({ client, queueUrl }: { client: SQSClient; queueUrl: string }): Backfills {
  return {
    async begin(job) {
      const MessageBody = JSON.stringify(applyDisplaySizesJob.parse(job))
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }))
    },
  }
}
