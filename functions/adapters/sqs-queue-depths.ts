import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { JobPriority } from '@glowworm/events/jobs'
import type { DeadLetterCounts, QueueDepth, QueueDepths } from '../core/ports.ts'

type Urls = Readonly<Record<JobPriority, string>>

/** As SQS counts them: approximately, and a moment late. */
export function sqsQueueDepths({
  client,
  queueUrls,
  deadLetterUrls,
}: {
  client: SQSClient
  queueUrls: Urls
  deadLetterUrls: Urls
}): QueueDepths {
  async function depthOf(priority: JobPriority): Promise<QueueDepth> {
    const [jobs, dead] = await Promise.all([
      countsOf(client, queueUrls[priority]),
      totalOf(client, deadLetterUrls[priority]),
    ])
    return { waiting: jobs.waiting, in_flight: jobs.hidden, dead }
  }

  return {
    async read() {
      const [high, normal, low] = await Promise.all([depthOf('high'), depthOf('normal'), depthOf('low')])
      return { high, normal, low }
    },
  }
}

/** As SQS counts them, too. */
export function sqsDeadLetterCounts({
  client,
  queueUrls,
}: {
  client: SQSClient
  queueUrls: Readonly<Record<'direct' | 'backfills' | 'updates', string>>
}): DeadLetterCounts {
  return {
    async read() {
      const [direct, backfills, updates] = await Promise.all([
        totalOf(client, queueUrls.direct),
        totalOf(client, queueUrls.backfills),
        totalOf(client, queueUrls.updates),
      ])
      return { direct, backfills, updates }
    },
  }
}

async function totalOf(client: SQSClient, queueUrl: string): Promise<number> {
  const { waiting, hidden } = await countsOf(client, queueUrl)
  return waiting + hidden
}

async function countsOf(client: SQSClient, QueueUrl: string): Promise<{ waiting: number; hidden: number }> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesDelayed',
        'ApproximateNumberOfMessagesNotVisible',
      ],
    }),
  )
  return {
    waiting:
      Number(Attributes.ApproximateNumberOfMessages ?? 0) + Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
    hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
  }
}
