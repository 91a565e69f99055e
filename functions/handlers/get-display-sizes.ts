import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbSettings } from '../adapters/dynamodb-settings.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { getDisplaySizes } from '../use-cases/get-display-sizes.ts'

const env = readEnv(['SETTINGS_TABLE'])
const settings = dynamoDbSettings({ client: dynamoDb(), tableName: env.SETTINGS_TABLE })

export const handler = httpHandler({}, async () => ({ status: 200, body: await getDisplaySizes(settings) }))
