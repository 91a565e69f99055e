import { beginUploadRequest } from '@glowworm/events/http-api'
import { s3 } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbUploads } from '../adapters/dynamodb-uploads.ts'
import { s3Originals } from '../adapters/s3-originals.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { beginUpload } from '../use-cases/begin-upload.ts'

const env = readEnv(['IMAGES_TABLE', 'UPLOADS_TABLE', 'ORIGINALS_BUCKET', 'AWS_ENDPOINT_URL'])
const client = dynamoDb()
const ports = {
  images: dynamoDbImages({ client, tableName: env.IMAGES_TABLE }),
  uploads: dynamoDbUploads({ client, tableName: env.UPLOADS_TABLE }),
  originals: s3Originals({
    client: s3({ endpoint: env.AWS_ENDPOINT_URL }),
    bucket: env.ORIGINALS_BUCKET,
    now: ambient.now,
  }),
  ambient,
}

export const handler = httpHandler({ body: beginUploadRequest }, async ({ body, correlationId, identify }) => {
  identify({ image_id: body.sha256 })
  const { kind, answer } = await beginUpload(ports, body, correlationId)
  return { status: kind === 'begun' ? 201 : 200, body: answer }
})
