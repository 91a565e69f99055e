import { type BulkResponse, bulkDeleteRequest } from '@glowworm/events/http-api'
import { s3, sns } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { s3Originals } from '../adapters/s3-originals.ts'
import { s3Renditions } from '../adapters/s3-renditions.ts'
import { snsUpdates } from '../adapters/sns-updates.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { bulkDelete } from '../use-cases/bulk-delete.ts'

const env = readEnv(['IMAGES_TABLE', 'ORIGINALS_BUCKET', 'RENDITIONS_BUCKET', 'UPDATES_TOPIC_ARN', 'AWS_ENDPOINT_URL'])
const storage = s3({ endpoint: env.AWS_ENDPOINT_URL })
const ports = {
  images: dynamoDbImages({ client: dynamoDb(), tableName: env.IMAGES_TABLE }),
  originals: s3Originals({ client: storage, bucket: env.ORIGINALS_BUCKET, now: ambient.now }),
  renditions: s3Renditions({ client: storage, bucket: env.RENDITIONS_BUCKET }),
  updates: snsUpdates({ client: sns(), topicArn: env.UPDATES_TOPIC_ARN }),
  ambient,
}

export const handler = httpHandler({ body: bulkDeleteRequest }, async ({ body, logger }) => {
  const answer: BulkResponse = { results: await bulkDelete({ ...ports, log: logger }, body.ids) }
  return { status: 200, body: answer }
})
