import { sqs } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbProcessingHistory } from '../adapters/dynamodb-processing-history.ts'
import { sqsDeadLetterCounts, sqsQueueDepths } from '../adapters/sqs-queue-depths.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { processingStats } from '../use-cases/processing-stats.ts'

const env = readEnv([
  'IMAGES_TABLE',
  'EVENTS_TABLE',
  'JOBS_HIGH_QUEUE_URL',
  'JOBS_NORMAL_QUEUE_URL',
  'JOBS_LOW_QUEUE_URL',
  'JOBS_HIGH_DEAD_LETTERS_URL',
  'JOBS_NORMAL_DEAD_LETTERS_URL',
  'JOBS_LOW_DEAD_LETTERS_URL',
  'DIRECT_DEAD_LETTERS_URL',
  'BACKFILL_DEAD_LETTERS_URL',
  'NOTIFY_DEAD_LETTERS_URL',
])
const client = dynamoDb()
const ports = {
  images: dynamoDbImages({ client, tableName: env.IMAGES_TABLE }),
  history: dynamoDbProcessingHistory({ client, tableName: env.EVENTS_TABLE }),
  queueDepths: sqsQueueDepths({
    client: sqs(),
    queueUrls: { high: env.JOBS_HIGH_QUEUE_URL, normal: env.JOBS_NORMAL_QUEUE_URL, low: env.JOBS_LOW_QUEUE_URL },
    deadLetterUrls: {
      high: env.JOBS_HIGH_DEAD_LETTERS_URL,
      normal: env.JOBS_NORMAL_DEAD_LETTERS_URL,
      low: env.JOBS_LOW_DEAD_LETTERS_URL,
    },
  }),
  deadLetterCounts: sqsDeadLetterCounts({
    client: sqs(),
    queueUrls: {
      direct: env.DIRECT_DEAD_LETTERS_URL,
      backfills: env.BACKFILL_DEAD_LETTERS_URL,
      updates: env.NOTIFY_DEAD_LETTERS_URL,
    },
  }),
  ambient,
}

export const handler = httpHandler({}, async () => ({ status: 200, body: await processingStats(ports) }))
