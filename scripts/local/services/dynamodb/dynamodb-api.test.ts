import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, test } from 'vitest'
import type { TableModel } from '../../model.ts'
import { cloudModel, imagesTable } from '../testing/cloud-model.ts'
import { type ServicesUnderTest, startServicesUnderTest, temporaryDirectory } from '../testing/services-under-test.ts'
import { Dynalite } from './dynalite.ts'
import { deleteExpired } from './expiry.ts'
import { provisionTable } from './tables.ts'

const TableName = 'images'
const withTable = (changes: Partial<TableModel>) => (url: string) => cloudModel(url, { tables: [imagesTable(changes)] })

function documents({ client }: ServicesUnderTest) {
  const dynamo = new DynamoDBClient(client)
  const db = DynamoDBDocumentClient.from(dynamo)
  const put = (item: Record<string, unknown>) => db.send(new PutCommand({ TableName, Item: item }))
  const byStatus = async (status: string) => {
    const KeyConditionExpression = '#s = :s'
    const query = { ExpressionAttributeNames: { '#s': 'status' }, ExpressionAttributeValues: { ':s': status } }
    const page = await db.send(
      new QueryCommand({ TableName, IndexName: 'by_status', KeyConditionExpression, ...query }),
    )
    return page.Items?.map((item) => item.id).sort()
  }
  return { dynamo, db, put, byStatus }
}

describe('tables', () => {
  test('hold items, conditions and indexes over a restart', async () => {
    const services = await startServicesUnderTest()
    const { db, put, byStatus } = documents(services)
    await put({ id: 'a', status: 'pending', revision: 1 })
    await put({ id: 'b' })
    const change = (revision: number) =>
      db.send(
        new UpdateCommand({
          TableName,
          Key: { id: 'a' },
          UpdateExpression: 'SET #s = :s, revision = revision + :one',
          ConditionExpression: 'revision = :revision',
          ExpressionAttributeNames: { '#s': 'status' },
          ExpressionAttributeValues: { ':s': 'complete', ':one': 1, ':revision': revision },
        }),
      )
    await change(1)
    await expect(change(1)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    expect(await byStatus('pending')).toEqual([])

    const after = documents(await services.restart())
    expect(await after.byStatus('complete')).toEqual(['a'])
    const { Item } = await after.db.send(new GetCommand({ TableName, Key: { id: 'a' }, ConsistentRead: true }))
    expect(Item).toEqual({ id: 'a', status: 'complete', revision: 2 })
    const { Item: none } = await after.db.send(new GetCommand({ TableName, Key: { id: 'none' } }))
    expect(none).toBeUndefined()
  })

  test('let one of many concurrent creators win', async () => {
    const { db } = documents(await startServicesUnderTest())
    const creations = Array.from({ length: 10 }, (_, n) =>
      db.send(new PutCommand({ TableName, Item: { id: 'a', n }, ConditionExpression: 'attribute_not_exists(id)' })),
    )
    const results = await Promise.allSettled(creations)
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  })

  test('are active at once', async () => {
    const { dynamo } = documents(await startServicesUnderTest())
    const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }))
    expect(Table).toMatchObject({ TableStatus: 'ACTIVE', GlobalSecondaryIndexes: [{ IndexStatus: 'ACTIVE' }] })
  })

  test('get the indexes of a changed template, and keep their items', async () => {
    const bare = withTable({
      globalSecondaryIndexes: [],
      attributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    })
    const services = await startServicesUnderTest({ model: bare })
    await documents(services).put({ id: 'a', status: 'pending' })
    await expect(documents(services).byStatus('pending')).rejects.toThrow()
    const indexed = await services.restart(cloudModel)
    expect(await documents(indexed).byStatus('pending')).toEqual(['a'])
    await documents(indexed).put({ id: 'a', status: 'complete' })
    const without = await indexed.restart(bare)
    await documents(without).put({ id: 'b', status: 'pending' })
    const again = documents(await without.restart(cloudModel))
    expect(await again.byStatus('pending')).toEqual(['b'])
    expect(await again.byStatus('complete')).toEqual(['a'])
  })

  test('with another key cannot be kept, which is said with the remedy', async () => {
    const services = await startServicesUnderTest()
    const keySchema = [{ AttributeName: 'status', KeyType: 'HASH' }] as const
    await expect(services.restart(withTable({ keySchema }))).rejects.toThrow(/table images .*--reset/)
  })

  test('have their indexes made anew after a kill', async () => {
    const services = await startServicesUnderTest()
    const { put } = documents(services)
    for (let n = 0; n < 20; n++) await put({ id: `id-${n}`, status: n % 2 === 0 ? 'pending' : 'complete' })
    await services.stop()
    // A kill between the two writes of an update leaves an entry like this one.
    const dynalite = await Dynalite.open(join(services.dataDirectory, 'dynamodb', 'level'))
    const table = await dynalite.findTable(TableName)
    if (table === null) return expect.fail('the table is gone')
    await provisionTable(dynalite, imagesTable(), false)
    await dynalite.clearIndex(TableName, 'by_status')
    await dynalite.close()
    await writeFile(join(services.dataDirectory, 'dynamodb', 'running'), '')

    const { byStatus } = documents(await services.restart())
    expect(await byStatus('pending')).toHaveLength(10)
    expect(await byStatus('complete')).toHaveLength(10)
  })
})

describe('time to live', () => {
  test('is as the template declares it', async () => {
    const { dynamo } = documents(await startServicesUnderTest())
    const { TimeToLiveDescription } = await dynamo.send(new DescribeTimeToLiveCommand({ TableName }))
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires_at_seconds' })
    const TimeToLiveSpecification = { Enabled: false, AttributeName: 'expires_at_seconds' }
    const update = new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification })
    await expect(dynamo.send(update)).rejects.toMatchObject({ name: 'NotImplemented' })
    await expect(dynamo.send(new DescribeTimeToLiveCommand({ TableName: 'none' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  test('removes what has expired and nothing else', async () => {
    const dynalite = await Dynalite.open(await temporaryDirectory())
    const table = imagesTable()
    await provisionTable(dynalite, table, false)
    const now = new Date('2026-01-01T00:00:00Z')
    const seconds = now.getTime() / 1000
    for (const [id, expires] of [
      ['past', seconds - 1],
      ['future', seconds + 1],
      ['never', null],
    ] as const) {
      const Item = { id: { S: id }, ...(expires !== null && { expires_at_seconds: { N: String(expires) } }) }
      await dynalite.call('PutItem', { TableName, Item })
    }
    await deleteExpired(dynalite, table, now)
    const { Items } = await dynalite.call('Scan', { TableName })
    expect((Items as { id: { S: string } }[]).map((item) => item.id.S).sort()).toEqual(['future', 'never'])
    await dynalite.close()
  })
})

describe('refusals', () => {
  test('are those of DynamoDB', async () => {
    const { dynamo } = documents(await startServicesUnderTest())
    const missing = new PutItemCommand({ TableName: 'none', Item: { id: { S: 'a' } } })
    await expect(dynamo.send(missing)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    const keyless = new PutItemCommand({ TableName, Item: { other: { S: 'a' } } })
    await expect(dynamo.send(keyless)).rejects.toMatchObject({ name: 'ValidationException' })
  })

  test('name parameters that would be ignored', async () => {
    const { dynamo } = documents(await startServicesUnderTest())
    const put = new PutItemCommand({
      TableName,
      Item: { id: { S: 'a' } },
      ConditionExpression: 'attribute_not_exists(id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    await expect(dynamo.send(put)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('ReturnValuesOnConditionCheckFailure of PutItem'),
    })
  })
})
