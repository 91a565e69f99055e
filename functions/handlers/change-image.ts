import { changeImageRequest } from '@glowworm/events/http-api'
import { imageId } from '@glowworm/events/vocabulary'
import * as z from 'zod'
import { sns } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbSettings } from '../adapters/dynamodb-settings.ts'
import { snsUpdates } from '../adapters/sns-updates.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { measure } from '../runtime/telemetry.ts'
import { changeImage } from '../use-cases/change-image.ts'
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

export const handler = httpHandler(
  { params: z.object({ id: imageId }), body: changeImageRequest },
  async ({ params, body, logger }) => ({
    status: 200,
    body: { data: await changeImage({ ...ports, log: logger }, params.id, body) },
  }),
)
