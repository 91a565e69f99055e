import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import type { PendingUpload, Uploads } from '../core/ports.ts'
import { epochSeconds } from './expiry.ts'

/** After its URL has expired an upload is kept a while: bytes that arrived in time may still be completed. */
const keptAfterExpiryMs = 24 * 3_600_000

export function dynamoDbUploads({ client, tableName }: { client: DynamoDBDocumentClient; tableName: string }): Uploads {
  return {
    async create(upload) {
      const expires_at_seconds = epochSeconds(new Date(Date.parse(upload.expires_at) + keptAfterExpiryMs))
      // Unconditional: the id is a fresh ULID.
      await client.send(new PutCommand({ TableName: tableName, Item: { ...upload, expires_at_seconds } }))
    },

    async get(id) {
      const { Item } = await client.send(new GetCommand({ TableName: tableName, Key: { id }, ConsistentRead: true }))
      if (Item === undefined) return null
      const { expires_at_seconds: _, ...upload } = Item
      return upload as PendingUpload
    },

    async remove(id) {
      await client.send(new DeleteCommand({ TableName: tableName, Key: { id } }))
    },
  }
}
