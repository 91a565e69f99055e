import { listImagesQuery } from '@glowworm/events/http-api'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { listImages } from '../use-cases/list-images.ts'

const env = readEnv(['IMAGES_TABLE'])
const images = dynamoDbImages({ client: dynamoDb(), tableName: env.IMAGES_TABLE })

export const handler = httpHandler({ query: listImagesQuery }, async ({ query }) => ({
  status: 200,
  body: await listImages(images, query),
}))
