import { imageId } from '@glowworm/events/vocabulary'
import * as z from 'zod'
import { s3 } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { s3Originals } from '../adapters/s3-originals.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { getOriginal } from '../use-cases/get-original.ts'

const env = readEnv(['IMAGES_TABLE', 'ORIGINALS_BUCKET', 'AWS_ENDPOINT_URL'])
const ports = {
  images: dynamoDbImages({ client: dynamoDb(), tableName: env.IMAGES_TABLE }),
  originals: s3Originals({
    client: s3({ endpoint: env.AWS_ENDPOINT_URL }),
    bucket: env.ORIGINALS_BUCKET,
    now: ambient.now,
  }),
}

// The wrapper's `no-store` stays: the URL is good for minutes only, and for whoever asked.
export const handler = httpHandler({ params: z.object({ id: imageId }) }, async ({ params }) => ({
  status: 302,
  redirect: await getOriginal(ports, params.id),
}))
