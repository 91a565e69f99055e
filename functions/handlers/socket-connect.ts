import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbConnections } from '../adapters/dynamodb-connections.ts'
import { dynamoDbTickets } from '../adapters/dynamodb-tickets.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { socketHandler } from '../runtime/socket.ts'
import { connectSocket } from '../use-cases/connect-socket.ts'

const env = readEnv(['TICKETS_TABLE', 'CONNECTIONS_TABLE'])
const client = dynamoDb()
const ports = {
  tickets: dynamoDbTickets({ client, tableName: env.TICKETS_TABLE, now: ambient.now }),
  connections: dynamoDbConnections({ client, tableName: env.CONNECTIONS_TABLE, now: ambient.now }),
}

export const handler = socketHandler({}, ({ connectionId, query }) => connectSocket(ports, connectionId, query.ticket))
