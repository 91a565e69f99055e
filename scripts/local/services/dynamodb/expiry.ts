import type { TableModel } from '../../model.ts'
import type { Dynalite, Item } from './dynalite.ts'

/** Deletes the items whose time to live has passed, as DynamoDB does in its own time. */
export async function deleteExpired(dynalite: Dynalite, table: TableModel, now: Date): Promise<void> {
  if (table.timeToLiveAttribute === null) return
  const isExpired = {
    ExpressionAttributeNames: { '#expires': table.timeToLiveAttribute },
    ExpressionAttributeValues: { ':now': { N: String(Math.floor(now.getTime() / 1000)) } },
  }
  let startKey: unknown
  do {
    const page = await dynalite.call('Scan', {
      TableName: table.name,
      FilterExpression: '#expires < :now',
      ...isExpired,
      ...(startKey !== undefined && { ExclusiveStartKey: startKey }),
    })
    for (const item of page.Items as Item[]) {
      const Key = Object.fromEntries(table.keySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]]))
      await dynalite
        .call('DeleteItem', { TableName: table.name, Key, ConditionExpression: '#expires < :now', ...isExpired })
        // Renewed in the meantime: it lives on.
        .catch((error) => {
          if (error.code !== 'ConditionalCheckFailedException') throw error
        })
    }
    startKey = page.LastEvaluatedKey
  } while (startKey !== undefined)
}
