import { ChangeMessageVisibilityCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs'

/** The longest time that SQS hides a message. */
const longestSeconds = 12 * 3_600

/** Decides when a message is delivered again. The queue is named as events name it, by its ARN. */
export function sqsVisibility(client: SQSClient) {
  const urls = new Map<string, Promise<string>>()

  async function findUrl(queueArn: string): Promise<string> {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queueArn.split(':').at(-1) }))
    if (QueueUrl === undefined) throw new Error(`Expected a URL for the queue ${queueArn}, found none.`)
    return QueueUrl
  }

  function urlOf(queueArn: string): Promise<string> {
    const known = urls.get(queueArn)
    if (known !== undefined) return known
    const url = findUrl(queueArn)
    urls.set(queueArn, url)
    // What failed is asked for again next time.
    url.catch(() => urls.delete(queueArn))
    return url
  }

  return {
    async change(queueArn: string, receiptHandle: string, seconds: number): Promise<void> {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: await urlOf(queueArn),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.min(Math.max(Math.ceil(seconds), 0), longestSeconds),
        }),
      )
    },
  }
}
