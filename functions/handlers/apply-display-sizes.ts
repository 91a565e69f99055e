import { applyDisplaySizesJob } from '@glowworm/events/jobs'
import { sns, sqs } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbSettings } from '../adapters/dynamodb-settings.ts'
import { snsUpdates } from '../adapters/sns-updates.ts'
import { sqsBackfills } from '../adapters/sqs-backfills.ts'
import { sqsVisibility } from '../adapters/sqs-visibility.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { queueHandler } from '../runtime/queue.ts'
import { measure } from '../runtime/telemetry.ts'
import { applyDisplaySizes } from '../use-cases/apply-display-sizes.ts'
import { submitJobs } from './shared/submit-jobs.ts'

const env = readEnv([
  'IMAGES_TABLE',
  'SETTINGS_TABLE',
  'BACKFILL_QUEUE_URL',
  'JOBS_HIGH_QUEUE_URL',
  'JOBS_LOW_QUEUE_URL',
  'UPDATES_TOPIC_ARN',
  'PROCESS_IMAGE_FUNCTION',
  'USE_QUEUE',
])
const client = dynamoDb()
const ports = {
  images: dynamoDbImages({ client, tableName: env.IMAGES_TABLE }),
  settings: dynamoDbSettings({ client, tableName: env.SETTINGS_TABLE }),
  backfills: sqsBackfills({ client: sqs(), queueUrl: env.BACKFILL_QUEUE_URL }),
  jobs: submitJobs(env, { high: env.JOBS_HIGH_QUEUE_URL, low: env.JOBS_LOW_QUEUE_URL }),
  updates: snsUpdates({ client: sns(), topicArn: env.UPDATES_TOPIC_ARN }),
  ambient,
  measure,
}

export const handler = queueHandler(
  { schema: applyDisplaySizesJob, visibility: sqsVisibility(sqs()) },
  (job, { remainingMs, logger }) => applyDisplaySizes({ ...ports, log: logger, remainingMs }, job),
)
