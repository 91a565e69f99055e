import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbSettings } from '../adapters/dynamodb-settings.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { displaySizesCoverage } from '../use-cases/display-sizes-coverage.ts'

const env = readEnv(['IMAGES_TABLE', 'SETTINGS_TABLE', 'JOBS_LOW_CONCURRENCY'])
const client = dynamoDb()
const ports = {
  images: dynamoDbImages({ client, tableName: env.IMAGES_TABLE }),
  settings: dynamoDbSettings({ client, tableName: env.SETTINGS_TABLE }),
  concurrency: env.JOBS_LOW_CONCURRENCY,
}

export const handler = httpHandler({}, async () => ({ status: 200, body: await displaySizesCoverage(ports) }))
