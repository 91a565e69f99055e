import { clientMessage } from '@glowworm/events/socket-messages'
import { apiGatewaySockets } from '../adapters/api-gateway-sockets.ts'
import { sockets } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbConnections } from '../adapters/dynamodb-connections.ts'
import { dynamoDbEventLog } from '../adapters/dynamodb-event-log.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { socketHandler } from '../runtime/socket.ts'
import { receiveSocketMessage } from '../use-cases/receive-socket-message.ts'

const env = readEnv(['CONNECTIONS_TABLE', 'EVENTS_TABLE', 'WEBSOCKET_MANAGEMENT_ENDPOINT'])
const client = dynamoDb()
const ports = {
  connections: dynamoDbConnections({ client, tableName: env.CONNECTIONS_TABLE, now: ambient.now }),
  eventLog: dynamoDbEventLog({ client, tableName: env.EVENTS_TABLE, now: ambient.now }),
  sockets: apiGatewaySockets(sockets({ endpoint: env.WEBSOCKET_MANAGEMENT_ENDPOINT })),
  ambient,
}

export const handler = socketHandler({ message: clientMessage }, ({ connectionId, message }) =>
  receiveSocketMessage(ports, connectionId, message),
)
