import { ulid } from '@glowworm/events/vocabulary'
import * as z from 'zod'
import { s3, sns } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbSettings } from '../adapters/dynamodb-settings.ts'
import { dynamoDbUploads } from '../adapters/dynamodb-uploads.ts'
import { readExif } from '../adapters/exifr-reader.ts'
import { s3Originals } from '../adapters/s3-originals.ts'
import { snsUpdates } from '../adapters/sns-updates.ts'
import { aboutUpload } from '../core/log-fields.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { measure } from '../runtime/telemetry.ts'
import { completeUpload } from '../use-cases/complete-upload.ts'
import { submitJobs } from './shared/submit-jobs.ts'

const env = readEnv([
  'IMAGES_TABLE',
  'UPLOADS_TABLE',
  'SETTINGS_TABLE',
  'ORIGINALS_BUCKET',
  'JOBS_HIGH_QUEUE_URL',
  'UPDATES_TOPIC_ARN',
  'PROCESS_IMAGE_FUNCTION',
  'USE_QUEUE',
  'AWS_ENDPOINT_URL',
])
const client = dynamoDb()
const ports = {
  images: dynamoDbImages({ client, tableName: env.IMAGES_TABLE }),
  uploads: dynamoDbUploads({ client, tableName: env.UPLOADS_TABLE }),
  settings: dynamoDbSettings({ client, tableName: env.SETTINGS_TABLE }),
  originals: s3Originals({
    client: s3({ endpoint: env.AWS_ENDPOINT_URL }),
    bucket: env.ORIGINALS_BUCKET,
    now: ambient.now,
  }),
  jobs: submitJobs(env, { high: env.JOBS_HIGH_QUEUE_URL }),
  updates: snsUpdates({ client: sns(), topicArn: env.UPDATES_TOPIC_ARN }),
  readExif,
  ambient,
  measure,
}

export const handler = httpHandler({ params: z.object({ id: ulid }) }, async ({ params, logger, identify }) => ({
  status: 200,
  body: await completeUpload({ ...ports, log: logger }, params.id, (upload) => identify(aboutUpload(upload))),
}))
