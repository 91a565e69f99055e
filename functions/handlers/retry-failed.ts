import { retryFailedRequest } from '@glowworm/events/http-api'
import { sns } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbSettings } from '../adapters/dynamodb-settings.ts'
import { snsUpdates } from '../adapters/sns-updates.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { measure } from '../runtime/telemetry.ts'
import { retryFailed } from '../use-cases/retry-failed.ts'
import { submitJobs } from './shared/submit-jobs.ts'

const env = readEnv([
  'IMAGES_TABLE',
  'SETTINGS_TABLE',
  'JOBS_NORMAL_QUEUE_URL',
  'UPDATES_TOPIC_ARN',
  'PROCESS_IMAGE_FUNCTION',
  'USE_QUEUE',
])
const client = dynamoDb()
const ports = {
  images: dynamoDbImages({ client, tableName: env.IMAGES_TABLE }),
  settings: dynamoDbSettings({ client, tableName: env.SETTINGS_TABLE }),
  jobs: submitJobs(env, { normal: env.JOBS_NORMAL_QUEUE_URL }),
  updates: snsUpdates({ client: sns(), topicArn: env.UPDATES_TOPIC_ARN }),
  ambient,
  measure,
}

export const handler = httpHandler({ body: retryFailedRequest }, async ({ body, logger }) => ({
  status: 200,
  body: await retryFailed({ ...ports, log: logger }, body),
}))
