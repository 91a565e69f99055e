import * as z from 'zod'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { resolveMedia } from '../use-cases/resolve-media.ts'

const env = readEnv(['IMAGES_TABLE'])
const images = dynamoDbImages({ client: dynamoDb(), tableName: env.IMAGES_TABLE })

// Whatever the path holds that names no rendition is not found: no shape of it is wrong.
const params = z.object({ id: z.string(), name: z.string() })

export const handler = httpHandler({ params }, async ({ params: { id, name } }) => ({
  status: 302,
  redirect: await resolveMedia(images, id, name),
  headers: { 'cache-control': 'public, max-age=60' },
}))
