import { checkDuplicatesRequest } from '@glowworm/events/http-api'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { checkDuplicates } from '../use-cases/check-duplicates.ts'

const env = readEnv(['IMAGES_TABLE'])
const images = dynamoDbImages({ client: dynamoDb(), tableName: env.IMAGES_TABLE })

export const handler = httpHandler({ body: checkDuplicatesRequest }, async ({ body }) => ({
  status: 200,
  body: { results: await checkDuplicates(images, body.hashes) },
}))
