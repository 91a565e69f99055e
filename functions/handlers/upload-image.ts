import { s3, sns } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbSettings } from '../adapters/dynamodb-settings.ts'
import { readExif } from '../adapters/exifr-reader.ts'
import { s3Originals } from '../adapters/s3-originals.ts'
import { snsUpdates } from '../adapters/sns-updates.ts'
import { readUploadBody } from '../adapters/upload-body.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { measure } from '../runtime/telemetry.ts'
import { acceptUpload } from '../use-cases/accept-upload.ts'
import { submitJobs } from './shared/submit-jobs.ts'

const env = readEnv([
  'IMAGES_TABLE',
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

export const handler = httpHandler({ raw: true }, async ({ headers, bytes, correlationId, logger, identify }) => {
  const file = { ...(await readUploadBody(headers, bytes)), correlationId }
  const body = await acceptUpload({ ...ports, log: logger }, file, (id) => identify({ image_id: id }))
  return { status: 200, body }
})
