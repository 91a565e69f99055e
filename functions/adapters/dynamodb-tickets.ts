import { createHash } from 'node:crypto'
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import type { Tickets } from '../core/ports.ts'
import { ifConditionHolds } from './conditional-write.ts'
import { epochSeconds } from './expiry.ts'

/** Tickets, known only by their SHA-256: who reads the table cannot use one. */
export function dynamoDbTickets({
  client,
  tableName,
  now,
}: {
  client: DynamoDBDocumentClient
  tableName: string
  now: () => Date
}): Tickets {
  return {
    async create(ticket, user, expiresAt) {
      const Item = { id: digest(ticket), user, expires_at_ms: expiresAt.getTime() }
      await client.send(
        new PutCommand({ TableName: tableName, Item: { ...Item, expires_at_seconds: epochSeconds(expiresAt) } }),
      )
    },

    async isValid(ticket) {
      const Key = { id: digest(ticket) }
      const { Item } = await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }))
      return Item !== undefined && (Item.expires_at_ms as number) > now().getTime()
    },

    async consume(ticket) {
      const deletion = new DeleteCommand({
        TableName: tableName,
        Key: { id: digest(ticket) },
        // The ticket exists (a missing item has no expiry) and has not expired. Of several calls, one deletes it.
        ConditionExpression: 'expires_at_ms > :now',
        ExpressionAttributeValues: { ':now': now().getTime() },
        ReturnValues: 'ALL_OLD',
      })
      const answer = await ifConditionHolds(client.send(deletion))
      return (answer?.Attributes?.user as string | undefined) ?? null
    },
  }
}

const digest = (ticket: string): string => createHash('sha256').update(ticket).digest('hex')
