import { isDeepStrictEqual } from 'node:util'
import type { TableModel } from '../../model.ts'
import type { Dynalite, TableDescription } from './dynalite.ts'

/**
 * Makes the table what the template declares. Items stay; indexes are made anew if they differ, or if `reindex` says
 * that they may: an item and its index entries are written one after the other, and a kill can come in between.
 * @throws Error if the table has other keys, which only an empty table can change
 */
export async function provisionTable(dynalite: Dynalite, model: TableModel, reindex: boolean): Promise<void> {
  const existing = await dynalite.findTable(model.name)
  if (existing === null) return await createTable(dynalite, model)
  if (!isDeepStrictEqual(keysOf(existing, existing.KeySchema), keysOf(definitionsOf(model), model.keySchema))) {
    throw new Error(
      `The table ${model.name} is stored with the key ${JSON.stringify(existing.KeySchema)}, but the template declares ` +
        `${JSON.stringify(model.keySchema)}. Start once with --reset to begin with empty tables.`,
    )
  }
  if (!reindex && isDeepStrictEqual(indexesOf(existing), indexesOf(definitionsOf(model)))) return
  await rebuildIndexes(dynalite, existing, model)
}

async function createTable(dynalite: Dynalite, model: TableModel): Promise<void> {
  await dynalite.call('CreateTable', { TableName: model.name, ...definitionsOf(model), BillingMode: 'PAY_PER_REQUEST' })
  const created = await dynalite.findTable(model.name)
  if (created !== null) await dynalite.saveTable(active(created))
}

/** The description is saved last, so a kill on the way begins it all again. */
async function rebuildIndexes(dynalite: Dynalite, existing: TableDescription, model: TableModel): Promise<void> {
  const { GlobalSecondaryIndexes: _replaced, ...kept } = existing
  const table = active({ ...kept, ...definitionsOf(model) })
  const indexes = [...(existing.GlobalSecondaryIndexes ?? []), ...(table.GlobalSecondaryIndexes ?? [])]
  for (const name of new Set(indexes.map((index) => index.IndexName))) await dynalite.clearIndex(model.name, name)
  await dynalite.fillIndexes(table)
  await dynalite.saveTable(table)
}

type Definitions = Pick<TableDescription, 'KeySchema' | 'AttributeDefinitions' | 'GlobalSecondaryIndexes'>

function definitionsOf(model: TableModel): Definitions {
  return {
    KeySchema: model.keySchema,
    AttributeDefinitions: model.attributeDefinitions,
    ...(model.globalSecondaryIndexes.length > 0 && { GlobalSecondaryIndexes: model.globalSecondaryIndexes }),
  }
}

function active(table: TableDescription): TableDescription {
  const indexes = table.GlobalSecondaryIndexes?.map((index) => ({
    ...index,
    IndexStatus: 'ACTIVE',
    IndexArn: `${table.TableArn}/index/${index.IndexName}`,
    ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0, NumberOfDecreasesToday: 0 },
    IndexSizeBytes: 0,
    ItemCount: 0,
  }))
  return { ...table, TableStatus: 'ACTIVE', ...(indexes !== undefined && { GlobalSecondaryIndexes: indexes }) }
}

/** A key with the types of its attributes. */
function keysOf({ AttributeDefinitions }: Definitions, schema: TableDescription['KeySchema']): object {
  return schema.map(({ AttributeName, KeyType }) => ({
    AttributeName,
    KeyType,
    type: AttributeDefinitions.find((definition) => definition.AttributeName === AttributeName)?.AttributeType,
  }))
}

function indexesOf(table: Definitions): object {
  return (table.GlobalSecondaryIndexes ?? [])
    .map(({ IndexName, KeySchema, Projection }) => ({
      IndexName,
      key: keysOf(table, KeySchema),
      projection: Projection.ProjectionType,
      attributes: [...(Projection.NonKeyAttributes ?? [])].sort(),
    }))
    .sort((a, b) => a.IndexName.localeCompare(b.IndexName))
}
