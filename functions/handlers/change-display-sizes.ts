import { changeDisplaySizesRequest } from '@glowworm/events/http-api'
import { sns, sqs } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbSettings } from '../adapters/dynamodb-settings.ts'
import { snsUpdates } from '../adapters/sns-updates.ts'
import { sqsBackfills } from '../adapters/sqs-backfills.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { changeDisplaySizes } from '../use-cases/change-display-sizes.ts'

const env = readEnv(['IMAGES_TABLE', 'SETTINGS_TABLE', 'BACKFILL_QUEUE_URL', 'UPDATES_TOPIC_ARN'])
const client = dynamoDb()
const ports = {
  images: dynamoDbImages({ client, tableName: env.IMAGES_TABLE }),
  settings: dynamoDbSettings({ client, tableName: env.SETTINGS_TABLE }),
  backfills: sqsBackfills({ client: sqs(), queueUrl: env.BACKFILL_QUEUE_URL }),
  updates: snsUpdates({ client: sns(), topicArn: env.UPDATES_TOPIC_ARN }),
  ambient,
}

export const handler = httpHandler({ body: changeDisplaySizesRequest }, async ({ body, correlationId }) => ({
  status: 200,
  body: await changeDisplaySizes(ports, body, correlationId),
}))
