import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
} from '@aws-sdk/lib-dynamodb'
import type { ImageRecord } from '../core/image-record.ts'
import type { Images } from '../core/ports.ts'
import { batchesOf, untilProcessed } from './batches.ts'
import { ifConditionHolds } from './conditional-write.ts'
import { countByStatus, countVariants, idsUntouchedSince, queryImageIndex } from './image-index.ts'
import { toItem, toRecord } from './image-items.ts'

/** Of one BatchGetItem. */
const keysPerCall = 100

/** Images, one item each; the id is the key, so that one conditional write decides every race. */
export function dynamoDbImages({ client, tableName }: { client: DynamoDBDocumentClient; tableName: string }): Images {
  async function getMany(ids: readonly string[]): Promise<ReadonlyMap<string, ImageRecord>> {
    const calls = batchesOf([...new Set(ids)], keysPerCall).map((batch) =>
      untilProcessed(
        batch.map((id) => ({ id })),
        async (Keys) => {
          const RequestItems = { [tableName]: { Keys, ConsistentRead: true } }
          const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems }))
          const left = (UnprocessedKeys?.[tableName]?.Keys ?? []) as { id: string }[]
          return { done: Responses?.[tableName] ?? [], left }
        },
      ),
    )
    const records = (await Promise.all(calls)).flat().map(toRecord)
    return new Map(records.map((record) => [record.id, record]))
  }

  return {
    async get(id) {
      const { Item } = await client.send(new GetCommand({ TableName: tableName, Key: { id }, ConsistentRead: true }))
      return Item === undefined ? null : toRecord(Item)
    },

    getMany,

    async create(record) {
      const write = new PutCommand({
        TableName: tableName,
        Item: toItem(record),
        // There is no item with this key. A tombstone counts as one: the old image has to be gone first.
        ConditionExpression: 'attribute_not_exists(id)',
      })
      return (await ifConditionHolds(client.send(write))) !== null
    },

    async save(record, previousRevision) {
      const write = new PutCommand({
        TableName: tableName,
        Item: toItem(record),
        // The item exists (a missing one has no revision, and is not made again by a late writer), nobody has changed
        // it since it was read, and it is of the same upload: not of one that came after a deletion.
        ConditionExpression: 'revision = :previous AND original_key = :original',
        ExpressionAttributeValues: { ':previous': previousRevision, ':original': record.original_key },
      })
      return (await ifConditionHolds(client.send(write))) !== null
    },

    async remove({ id, revision, original_key }) {
      const write = new DeleteCommand({
        TableName: tableName,
        Key: { id },
        // A tombstone, whose `deleted_at` is a string (that of a living image is null, a type of its own), and this one:
        // of the same upload, not of one that came after an earlier call of the same deletion.
        ConditionExpression:
          'attribute_type(deleted_at, :string) AND revision = :revision AND original_key = :original',
        ExpressionAttributeValues: { ':string': 'S', ':revision': revision, ':original': original_key },
      })
      await ifConditionHolds(client.send(write))
    },

    async untouchedSince(before, status, stretch) {
      const { ids, next } = await idsUntouchedSince(client, tableName, { before, status, stretch })
      return { records: [...(await getMany(ids)).values()], next }
    },

    count: (status, atMost) => countByStatus(client, tableName, status, atMost),

    countVariants: (groups, atMost) => countVariants(client, tableName, groups, atMost),

    async list(query) {
      const { ids, cursor } = await queryImageIndex(client, tableName, query)
      const found = await getMany(ids)
      // The index is a moment behind the table: what has been deleted or has another status by now is left out.
      const records = ids.flatMap((id) => {
        const record = found.get(id)
        if (record === undefined || record.deleted_at !== null) return []
        return query.status === null || record.processing_status === query.status ? [record] : []
      })
      return { records, cursor }
    },
  }
}
