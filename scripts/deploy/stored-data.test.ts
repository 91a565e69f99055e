import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { afterEach, expect, it, vi } from 'vitest'
import { clear, emptyBucket, remove } from './stored-data.ts'

const clients = {
  s3: new S3Client({ region: 'us-east-1' }),
  dynamoDb: new DynamoDBClient({ region: 'us-east-1' }),
  cognito: new CognitoIdentityProviderClient({ region: 'us-east-1' }),
}

interface Command {
  readonly constructor: { readonly name: string }
  readonly input: object
}

/** Answers each call with the next of `answers`, and tells what was asked. */
function answering(client: keyof typeof clients, ...answers: (object | Error)[]) {
  const calls: [string, object][] = []
  vi.spyOn(clients[client], 'send').mockImplementation((async (command: Command) => {
    calls.push([command.constructor.name, command.input])
    const answer = answers.shift() ?? {}
    if (answer instanceof Error) throw answer
    return answer
  }) as never)
  return calls
}
afterEach(() => vi.restoreAllMocks())

const named = (name: string) => Object.assign(new Error(name), { name })

it('a bucket is emptied of every version, page by page', async () => {
  const calls = answering(
    's3',
    {
      Versions: [{ Key: 'a', VersionId: '1' }],
      DeleteMarkers: [{ Key: 'a', VersionId: '2' }],
      IsTruncated: true,
      NextKeyMarker: 'a',
      NextVersionIdMarker: '2',
    },
    {},
    { Versions: [{ Key: 'b', VersionId: 'null' }] },
    {},
  )
  expect(await emptyBucket(clients.s3, 'bucket')).toBe(3)
  expect(calls.map(([name]) => name)).toEqual([
    'ListObjectVersionsCommand',
    'DeleteObjectsCommand',
    'ListObjectVersionsCommand',
    'DeleteObjectsCommand',
  ])
  expect(calls[2]?.[1]).toMatchObject({ KeyMarker: 'a', VersionIdMarker: '2' })
})

it('an object that cannot be deleted is named', async () => {
  answering('s3', { Versions: [{ Key: 'a' }] }, { Errors: [{ Key: 'a', Code: 'AccessDenied', Message: 'no' }] })
  await expect(emptyBucket(clients.s3, 'bucket')).rejects.toThrow('bucket keeps a: AccessDenied')
})

it('a table loses its protection if it has one, and is not touched if it has none', async () => {
  const table = { type: 'AWS::DynamoDB::Table', id: 'images' }
  const active = { Table: { TableStatus: 'ACTIVE' } }
  const calls = answering('dynamoDb', { Table: { DeletionProtectionEnabled: true } }, {}, active)
  await clear(clients, table)
  expect(calls[1]).toEqual(['UpdateTableCommand', { TableName: 'images', DeletionProtectionEnabled: false }])
  vi.restoreAllMocks()
  const none = answering('dynamoDb', { Table: {} })
  await clear(clients, table)
  expect(none.map(([name]) => name)).toEqual(['DescribeTableCommand'])
})

const logs = { type: 'AWS::S3::Bucket', id: 'logs' }

it('a bucket that has been written to since it was emptied is emptied again', async () => {
  const calls = answering('s3', named('BucketNotEmpty'), { Versions: [{ Key: 'late' }] })
  await remove(clients, logs)
  expect(calls.map(([name]) => name)).toEqual([
    'DeleteBucketCommand',
    'ListObjectVersionsCommand',
    'DeleteObjectsCommand',
    'DeleteBucketCommand',
  ])
})

it('a bucket that is written to without end is not emptied without end', async () => {
  vi.spyOn(clients.s3, 'send').mockImplementation((async (command: Command) => {
    if (command.constructor.name === 'DeleteBucketCommand') throw named('BucketNotEmpty')
    return {}
  }) as never)
  await expect(remove(clients, logs)).rejects.toThrow('logs is still written to')
})

it('what is gone already is gone', async () => {
  answering('s3', named('NoSuchBucket'))
  answering('dynamoDb', named('ResourceNotFoundException'))
  answering('cognito', named('ResourceNotFoundException'))
  for (const type of ['AWS::S3::Bucket', 'AWS::DynamoDB::Table', 'AWS::Cognito::UserPool']) {
    await remove(clients, { type, id: 'x' })
  }
})

it('what is neither bucket, table nor user pool is left to its stack', async () => {
  const calls = answering('s3')
  await clear(clients, { type: 'AWS::SQS::Queue', id: 'https://sqs/x' })
  await remove(clients, { type: 'AWS::SQS::Queue', id: 'https://sqs/x' })
  expect(calls).toEqual([])
})
