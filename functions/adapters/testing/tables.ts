import { CreateTableCommand, type CreateTableCommandInput, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

type Definition = Pick<CreateTableCommandInput, 'KeySchema' | 'AttributeDefinitions' | 'GlobalSecondaryIndexes'>

const keys = (partition: string, sort?: string): NonNullable<CreateTableCommandInput['KeySchema']> => [
  { AttributeName: partition, KeyType: 'HASH' },
  ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' as const }]),
]
const strings = (...names: string[]) => names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }))
const index = (IndexName: string, partition: string, sort: string, projected: readonly string[]) => ({
  IndexName,
  KeySchema: keys(partition, sort),
  Projection:
    projected.length === 0
      ? { ProjectionType: 'KEYS_ONLY' as const }
      : { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...projected] },
})

/** The tables as the stacks define them. */
export const definitions = {
  images: {
    KeySchema: keys('id'),
    AttributeDefinitions: strings('id', 'listing', 'listing_status', 'uploaded_at', 'sort_name'),
    GlobalSecondaryIndexes: [
      index('by_uploaded_at', 'listing', 'uploaded_at', ['search_text', 'processing_status', 'variant_names']),
      index('by_status', 'listing_status', 'uploaded_at', ['search_text', 'updated_at']),
      index('by_filename', 'listing', 'sort_name', ['search_text', 'processing_status']),
    ],
  },
  uploads: {
    KeySchema: keys('id'),
    AttributeDefinitions: strings('id', 'unsettled', 'created_at'),
    GlobalSecondaryIndexes: [index('by_created_at', 'unsettled', 'created_at', [])],
  },
  settings: { KeySchema: keys('name'), AttributeDefinitions: strings('name') },
  events: { KeySchema: keys('channel', 'id'), AttributeDefinitions: strings('channel', 'id') },
  connections: {
    KeySchema: keys('channel', 'connection_id'),
    AttributeDefinitions: strings('channel', 'connection_id'),
  },
  tickets: { KeySchema: keys('id'), AttributeDefinitions: strings('id') },
  signInFailures: { KeySchema: keys('id'), AttributeDefinitions: strings('id') },
} satisfies Record<string, Definition>

let made = 0

/** A new, empty table; its name. */
export async function createTable(client: DynamoDBDocumentClient, kind: keyof typeof definitions): Promise<string> {
  const TableName = `${kind}-${++made}`
  await client.send(new CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST', ...definitions[kind] }))
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName })
  return TableName
}
