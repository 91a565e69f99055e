import { updateEvent } from '@glowworm/events/update-events'
import { apiGatewaySockets } from '../adapters/api-gateway-sockets.ts'
import { sockets } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbConnections } from '../adapters/dynamodb-connections.ts'
import { dynamoDbEventLog } from '../adapters/dynamodb-event-log.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { topicHandler } from '../runtime/topic.ts'
import { notify } from '../use-cases/notify.ts'

const env = readEnv(['CONNECTIONS_TABLE', 'EVENTS_TABLE', 'WEBSOCKET_MANAGEMENT_ENDPOINT'])
const client = dynamoDb()
const ports = {
  connections: dynamoDbConnections({ client, tableName: env.CONNECTIONS_TABLE, now: ambient.now }),
  eventLog: dynamoDbEventLog({ client, tableName: env.EVENTS_TABLE, now: ambient.now }),
  sockets: apiGatewaySockets(sockets({ endpoint: env.WEBSOCKET_MANAGEMENT_ENDPOINT })),
  ambient,
}

export const handler = topicHandler(updateEvent, (event, { logger }) => notify({ ...ports, log: logger }, event))
