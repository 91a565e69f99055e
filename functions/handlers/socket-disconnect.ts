import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbConnections } from '../adapters/dynamodb-connections.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { socketHandler } from '../runtime/socket.ts'

const env = readEnv(['CONNECTIONS_TABLE'])
const connections = dynamoDbConnections({
  client: dynamoDb(),
  tableName: env.CONNECTIONS_TABLE,
  now: ambient.now,
})

export const handler = socketHandler({}, ({ connectionId }) => connections.close(connectionId))
