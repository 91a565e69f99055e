import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb'
import type { PendingUpload, Uploads } from '../core/ports.ts'
import { ifConditionHolds } from './conditional-write.ts'
import { epochSeconds } from './expiry.ts'

/**
 * After its URL has expired an upload is kept a while: bytes that arrived may still be completed, by the client, or by the
 * reconciliation, which comes by once a day, and more seldom where there is very much.
 */
const keptAfterExpiryMs = 7 * 24 * 3_600_000

/** Value of the attribute `unsettled`, which an upload has until it is known what became of it. */
const unsettled = 'upload'

/** Uploads that are looked at together: one that ends the function each time takes no more than these with it. */
const pageSize = 10

export function dynamoDbUploads({ client, tableName }: { client: DynamoDBDocumentClient; tableName: string }): Uploads {
  /** Of one that has been forgotten meanwhile, nothing comes back. */
  async function update(
    id: string,
    change: Pick<UpdateCommandInput, 'UpdateExpression' | 'ExpressionAttributeValues'>,
  ) {
    const write = new UpdateCommand({
      TableName: tableName,
      Key: { id },
      ConditionExpression: 'attribute_exists(id)',
      ...change,
    })
    await ifConditionHolds(client.send(write))
  }

  async function get(id: string): Promise<PendingUpload | null> {
    const { Item } = await client.send(new GetCommand({ TableName: tableName, Key: { id }, ConsistentRead: true }))
    if (Item === undefined) return null
    const { expires_at_seconds: _1, unsettled: _2, ...upload } = Item
    return upload as PendingUpload
  }

  return {
    get,

    async create(upload) {
      // Unconditional: the id is a fresh ULID.
      const expires_at_seconds = epochSeconds(new Date(Date.parse(upload.expires_at) + keptAfterExpiryMs))
      await client.send(new PutCommand({ TableName: tableName, Item: { ...upload, expires_at_seconds, unsettled } }))
    },

    refuse: (id, refusal) =>
      update(id, { UpdateExpression: 'SET refused = :refusal', ExpressionAttributeValues: { ':refusal': refusal } }),

    settle: (id) => update(id, { UpdateExpression: 'REMOVE unsettled' }),

    async unsettled(before, cursor) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: 'by_created_at',
          KeyConditionExpression: 'unsettled = :unsettled AND created_at < :before',
          ExpressionAttributeValues: { ':unsettled': unsettled, ':before': before.toISOString() },
          Limit: pageSize,
          ...(cursor !== null && { ExclusiveStartKey: JSON.parse(cursor) }),
        }),
      )
      const found = await Promise.all(Items.map(({ id }) => get(String(id))))
      return {
        uploads: found.filter((upload) => upload !== null),
        cursor: LastEvaluatedKey === undefined ? null : JSON.stringify(LastEvaluatedKey),
      }
    },
  }
}
