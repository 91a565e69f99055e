import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/lib-dynamodb'
import { channel as channels } from '@glowworm/events/socket-messages'
import type { Connections } from '../core/ports.ts'
import { epochSeconds } from './expiry.ts'

/** API Gateway ends every connection after two hours; what is left of one after three was never closed properly. */
const lifetimeMs = 3 * 3_600_000

/** Value of `channel` of the item that stands for the connection itself; no channel is called so. */
const connectionItself = '#connection'

/**
 * One item per connection, and one per channel that it is subscribed to; both under the channel, so that subscribers can
 * be read consistently: who has subscribed is found by every event from then on.
 */
export function dynamoDbConnections({
  client,
  tableName,
  now,
}: {
  client: DynamoDBDocumentClient
  tableName: string
  now: () => Date
}): Connections {
  const put = (item: Record<string, unknown>) => {
    const expires_at_seconds = epochSeconds(new Date(now().getTime() + lifetimeMs))
    return client.send(new PutCommand({ TableName: tableName, Item: { ...item, expires_at_seconds } }))
  }

  return {
    async open(connectionId, user) {
      await put({ connection_id: connectionId, channel: connectionItself, user })
    },

    async subscribe(connectionId, wanted) {
      const Key = { connection_id: connectionId, channel: connectionItself }
      const { Item } = await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }))
      if (Item === undefined) return false
      // Should the connection be closed at this very moment, the first message to it finds it gone, and closes it again.
      await Promise.all(wanted.map((channel) => put({ connection_id: connectionId, channel })))
      return true
    },

    async subscribers(channel) {
      const ids: string[] = []
      let after: Record<string, unknown> | undefined
      do {
        const page: QueryCommandOutput = await client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            // What has expired but is not deleted yet is found too: it is gone, and treated so at the next message.
            KeyConditionExpression: 'channel = :channel',
            ExpressionAttributeValues: { ':channel': channel },
            ...(after !== undefined && { ExclusiveStartKey: after }),
          }),
        )
        ids.push(...(page.Items ?? []).map((item) => item.connection_id as string))
        after = page.LastEvaluatedKey
      } while (after !== undefined)
      return ids
    },

    async close(connectionId) {
      const keys = [connectionItself, ...channels.options].map((channel) => ({ channel, connection_id: connectionId }))
      await Promise.all(keys.map((Key) => client.send(new DeleteCommand({ TableName: tableName, Key }))))
    },
  }
}
