import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import * as z from 'zod'
import type { Checkpoints } from '../core/ports.ts'

const item = z.object({ position: z.string().nullable() })

/** Beside the settings, under names of their own. */
export function dynamoDbCheckpoints({
  client,
  tableName,
}: {
  client: DynamoDBDocumentClient
  tableName: string
}): Checkpoints {
  const nameOf = (walk: string) => `checkpoint:${walk}`
  return {
    async read(walk) {
      const { Item } = await client.send(new GetCommand({ TableName: tableName, Key: { name: nameOf(walk) } }))
      return Item === undefined ? null : item.parse(Item).position
    },

    async write(walk, position) {
      await client.send(new PutCommand({ TableName: tableName, Item: { name: nameOf(walk), position } }))
    },
  }
}
