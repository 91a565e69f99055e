import { imageId } from '@glowworm/events/vocabulary'
import * as z from 'zod'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { getImage } from '../use-cases/get-image.ts'

const env = readEnv(['IMAGES_TABLE'])
const images = dynamoDbImages({ client: dynamoDb(), tableName: env.IMAGES_TABLE })

export const handler = httpHandler({ params: z.object({ id: imageId }) }, async ({ params }) => ({
  status: 200,
  body: { data: await getImage(images, params.id) },
}))
