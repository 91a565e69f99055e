import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { JobPriority } from '@glowworm/events/jobs'
import type { QueueDepth, QueueDepths } from '../core/ports.ts'

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
  async function countsOf(QueueUrl: string) {
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
        Number(Attributes.ApproximateNumberOfMessages ?? 0) +
        Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
      hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
    }
  }

  async function depthOf(priority: JobPriority): Promise<QueueDepth> {
    const [jobs, dead] = await Promise.all([countsOf(queueUrls[priority]), countsOf(deadLetterUrls[priority])])
    return { waiting: jobs.waiting, in_flight: jobs.hidden, dead: dead.waiting + dead.hidden }
  }

  return {
    async read() {
      const [high, normal, low] = await Promise.all([depthOf('high'), depthOf('normal'), depthOf('low')])
      return { high, normal, low }
    },
  }
}
