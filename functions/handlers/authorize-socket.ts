import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbTickets } from '../adapters/dynamodb-tickets.ts'
import { ambient } from '../runtime/ambient.ts'
import { socketAuthorizer } from '../runtime/authorizer.ts'
import { readEnv } from '../runtime/env.ts'

const env = readEnv(['TICKETS_TABLE'])
const tickets = dynamoDbTickets({ client: dynamoDb(), tableName: env.TICKETS_TABLE, now: ambient.now })

// Looks only: `$connect` uses the ticket up, and so decides between two who come with the same one.
export const handler = socketAuthorizer(async ({ ticket }) => ticket !== undefined && (await tickets.isValid(ticket)))
