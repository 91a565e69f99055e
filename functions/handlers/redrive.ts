import { sns, sqs } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbSettings } from '../adapters/dynamodb-settings.ts'
import { snsUpdates } from '../adapters/sns-updates.ts'
import { sqsBackfills } from '../adapters/sqs-backfills.ts'
import { sqsDeadBackfills } from '../adapters/sqs-dead-backfills.ts'
import { sqsDeadLetters } from '../adapters/sqs-dead-letters.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { measure } from '../runtime/telemetry.ts'
import { redrive } from '../use-cases/redrive.ts'
import { submitJobs } from './shared/submit-jobs.ts'

const env = readEnv([
  'IMAGES_TABLE',
  'SETTINGS_TABLE',
  'JOBS_HIGH_QUEUE_URL',
  'JOBS_NORMAL_QUEUE_URL',
  'JOBS_LOW_QUEUE_URL',
  'JOBS_HIGH_DEAD_LETTERS_URL',
  'JOBS_NORMAL_DEAD_LETTERS_URL',
  'JOBS_LOW_DEAD_LETTERS_URL',
  'BACKFILL_QUEUE_URL',
  'BACKFILL_DEAD_LETTERS_URL',
  'UPDATES_TOPIC_ARN',
  'PROCESS_IMAGE_FUNCTION',
  'USE_QUEUE',
])
const client = dynamoDb()
const ports = {
  images: dynamoDbImages({ client, tableName: env.IMAGES_TABLE }),
  settings: dynamoDbSettings({ client, tableName: env.SETTINGS_TABLE }),
  jobs: submitJobs(env, {
    high: env.JOBS_HIGH_QUEUE_URL,
    normal: env.JOBS_NORMAL_QUEUE_URL,
    low: env.JOBS_LOW_QUEUE_URL,
  }),
  deadLetters: sqsDeadLetters({
    client: sqs(),
    queueUrls: {
      high: env.JOBS_HIGH_DEAD_LETTERS_URL,
      normal: env.JOBS_NORMAL_DEAD_LETTERS_URL,
      low: env.JOBS_LOW_DEAD_LETTERS_URL,
    },
  }),
  backfills: sqsBackfills({ client: sqs(), queueUrl: env.BACKFILL_QUEUE_URL }),
  deadBackfills: sqsDeadBackfills({ client: sqs(), queueUrl: env.BACKFILL_DEAD_LETTERS_URL }),
  updates: snsUpdates({ client: sns(), topicArn: env.UPDATES_TOPIC_ARN }),
  ambient,
  measure,
}

export const handler = httpHandler({}, async ({ logger }) => ({
  status: 200,
  body: await redrive({ ...ports, log: logger }),
}))
