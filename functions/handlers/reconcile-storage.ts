import { s3, sns } from '../adapters/aws-clients.ts'
import { dynamoDbCheckpoints } from '../adapters/dynamodb-checkpoints.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbSettings } from '../adapters/dynamodb-settings.ts'
import { dynamoDbUploads } from '../adapters/dynamodb-uploads.ts'
import { readExif } from '../adapters/exifr-reader.ts'
import { s3Originals } from '../adapters/s3-originals.ts'
import { s3Renditions } from '../adapters/s3-renditions.ts'
import { snsUpdates } from '../adapters/sns-updates.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { scheduleHandler } from '../runtime/schedule.ts'
import { measure } from '../runtime/telemetry.ts'
import { reconcileStorage } from '../use-cases/reconcile-storage.ts'
import { submitJobs } from './shared/submit-jobs.ts'

const env = readEnv([
  'IMAGES_TABLE',
  'UPLOADS_TABLE',
  'SETTINGS_TABLE',
  'ORIGINALS_BUCKET',
  'RENDITIONS_BUCKET',
  'JOBS_HIGH_QUEUE_URL',
  'JOBS_LOW_QUEUE_URL',
  'UPDATES_TOPIC_ARN',
  'PROCESS_IMAGE_FUNCTION',
  'USE_QUEUE',
  'AWS_ENDPOINT_URL',
])
const client = dynamoDb()
const storage = s3({ endpoint: env.AWS_ENDPOINT_URL })
const ports = {
  images: dynamoDbImages({ client, tableName: env.IMAGES_TABLE }),
  uploads: dynamoDbUploads({ client, tableName: env.UPLOADS_TABLE }),
  settings: dynamoDbSettings({ client, tableName: env.SETTINGS_TABLE }),
  checkpoints: dynamoDbCheckpoints({ client, tableName: env.SETTINGS_TABLE }),
  originals: s3Originals({ client: storage, bucket: env.ORIGINALS_BUCKET, now: ambient.now }),
  renditions: s3Renditions({ client: storage, bucket: env.RENDITIONS_BUCKET }),
  jobs: submitJobs(env, { high: env.JOBS_HIGH_QUEUE_URL, low: env.JOBS_LOW_QUEUE_URL }),
  updates: snsUpdates({ client: sns(), topicArn: env.UPDATES_TOPIC_ARN }),
  readExif,
  ambient,
  measure,
}

export const handler = scheduleHandler(({ remainingMs, logger }) =>
  reconcileStorage({ ...ports, log: logger, remainingMs }),
)
