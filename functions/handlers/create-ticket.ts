import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbTickets } from '../adapters/dynamodb-tickets.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { createTicket } from '../use-cases/create-ticket.ts'

const env = readEnv(['TICKETS_TABLE', 'WEBSOCKET_URL'])
const ports = {
  tickets: dynamoDbTickets({ client: dynamoDb(), tableName: env.TICKETS_TABLE, now: ambient.now }),
  ambient,
  newSecret: () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
}

export const handler = httpHandler({}, async ({ user }) => ({
  status: 201,
  body: await createTicket(ports, user, env.WEBSOCKET_URL),
}))
