import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb'
import type { Image } from '@glowworm/events/image'
import type { ImageRecord } from '../../functions/core/image-record.ts'
import type { ApiClient } from '../client/api-client.ts'
import { localCredentials } from '../local/services/credentials.ts'

export async function allImages(api: ApiClient): Promise<readonly Image[]> {
  const images: Image[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof api.listImages>> = await api.listImages({
      limit: '200',
      ...(cursor !== null && { cursor }),
    })
    images.push(...page.items)
    cursor = page.next_cursor
  } while (cursor !== null)
  return images
}

export interface QueueState {
  readonly name: string
  readonly waiting: number
  readonly inFlight: number
}

/** Faults strike whoever looks on, too. */
const attempts = 10

export const isDeadLetterQueue = (name: string): boolean => name.endsWith('-dead-letters')

/** Storage and queues as anybody with the credentials sees them. */
export class OutsideView {
  readonly #s3: S3Client
  readonly #sqs: SQSClient
  readonly #dynamoDb: DynamoDBDocumentClient

  constructor(endpoint: string) {
    const client = { endpoint, region: 'us-east-1', credentials: localCredentials, maxAttempts: attempts }
    this.#s3 = new S3Client({ ...client, forcePathStyle: true })
    this.#sqs = new SQSClient(client)
    this.#dynamoDb = DynamoDBDocumentClient.from(new DynamoDBClient(client))
  }

  /** @param among names; by default every queue, those inside Lambda and SNS included */
  async queues(among: readonly string[] | null = null): Promise<readonly QueueState[]> {
    const { QueueUrls = [] } = await this.#sqs.send(new ListQueuesCommand({}))
    const asked = QueueUrls.filter((url) => among?.includes(url.split('/').at(-1) ?? '') ?? true)
    return Promise.all(
      asked.map(async (QueueUrl) => {
        const { Attributes = {} } = await this.#sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
        )
        const count = (name: keyof typeof Attributes) => Number(Attributes[name] ?? 0)
        return {
          name: QueueUrl.split('/').at(-1) ?? '',
          waiting: count('ApproximateNumberOfMessages') + count('ApproximateNumberOfMessagesDelayed'),
          inFlight: count('ApproximateNumberOfMessagesNotVisible'),
        }
      }),
    )
  }

  /** Bodies of all that lies in a queue; it stays there. */
  async peek(queueName: string): Promise<readonly string[]> {
    const { QueueUrls = [] } = await this.#sqs.send(new ListQueuesCommand({ QueueNamePrefix: queueName }))
    const QueueUrl = QueueUrls.find((url) => url.endsWith(`/${queueName}`))
    const bodies: string[] = []
    const receipts: string[] = []
    for (;;) {
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 60 }),
      )
      if (Messages.length === 0) break
      bodies.push(...Messages.map(({ Body }) => Body ?? ''))
      receipts.push(...Messages.map(({ ReceiptHandle }) => ReceiptHandle ?? ''))
    }
    for (const ReceiptHandle of receipts) {
      await this.#sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }))
    }
    return bodies
  }

  async keys(bucket: 'originals' | 'renditions'): Promise<readonly string[]> {
    const keys: string[] = []
    let token: string | undefined
    do {
      const page = await this.#s3.send(
        new ListObjectsV2Command({
          Bucket: `glowworm-${bucket}`,
          ...(token !== undefined && { ContinuationToken: token }),
        }),
      )
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''))
      token = page.NextContinuationToken
    } while (token !== undefined)
    return keys
  }

  /** The records themselves, private attributes included. */
  async records(): Promise<readonly ImageRecord[]> {
    return (await this.#items('glowworm-images')) as unknown as ImageRecord[]
  }

  /** Uploads of which nobody knows yet what became of them. */
  async unsettledUploads(): Promise<readonly string[]> {
    const items = await this.#items('glowworm-uploads')
    return items.filter((item) => 'unsettled' in item).map(({ id }) => String(id))
  }

  async #items(TableName: string): Promise<readonly Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = []
    let after: Record<string, unknown> | undefined
    do {
      const page = await this.#dynamoDb.send(
        new ScanCommand({ TableName, ...(after !== undefined && { ExclusiveStartKey: after }) }),
      )
      items.push(...(page.Items ?? []))
      after = page.LastEvaluatedKey
    } while (after !== undefined)
    return items
  }
}
