import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CognitoIdentityProviderClient, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider'
import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../client/eventually.ts'
import { arn } from '../template/account.ts'
import { subscriptionQueueName } from './internal-queues.ts'
import type { Messaging } from './messaging-port.ts'
import {
  clientConfiguration,
  freePort,
  startServicesUnderTest,
  temporaryDirectory,
} from './testing/services-under-test.ts'

const child = new URL('./testing/child-services.ts', import.meta.url).pathname
const TopicArn = arn('sns', 'updates')
const email = 'admin@example.com'

async function startChild(dataDirectory: string): Promise<{ url: string; kill: () => Promise<void> }> {
  const port = await freePort()
  const running: ChildProcess = spawn(process.execPath, [child, dataDirectory, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void running.kill('SIGKILL'))
  const exited = once(running, 'exit')
  const said = running.stdout === null ? exited : once(running.stdout, 'data')
  await Promise.race([said, exited.then(([code]) => expect.fail(`the services ended with ${code}`))])
  return {
    url: `http://127.0.0.1:${port}`,
    kill: async () => {
      running.kill('SIGKILL')
      await exited
    },
  }
}

/** What the services have acknowledged: exactly this must be there after the kill. */
interface Acknowledged {
  /** MD5s by key: the last acknowledged version, if any, and one that was perhaps on its way. */
  readonly objects: Map<string, { stored: string | null; onItsWay: string | null }>
  readonly items: Map<string, string>
  readonly messages: Set<string>
  readonly deleted: Set<string>
  readonly notifications: Set<string>
  readonly refreshTokens: string[]
}

/** Uses every service at once until the first call fails, which is when the process dies. */
async function load(url: string, acknowledged: Acknowledged): Promise<void> {
  const client = clientConfiguration(url)
  const s3 = new S3Client(client)
  const db = new DynamoDBClient(client)
  const sqs = new SQSClient(client)
  const sns = new SNSClient(client)
  const cognito = new CognitoIdentityProviderClient(client)
  const QueueUrl = `${url}/000000000000/jobs`
  const forever = async (work: (n: number) => Promise<void>) => {
    for (let n = 0; ; n++) await work(n)
  }
  await Promise.allSettled([
    ...[0, 1].map((writer) =>
      forever(async (n) => {
        const Key = `media/${writer}/${n % 5}`
        const Body = randomBytes(200_000)
        const version = createHash('md5').update(Body).digest('hex')
        const stored = acknowledged.objects.get(Key)?.stored ?? null
        acknowledged.objects.set(Key, { stored, onItsWay: version })
        await s3.send(new PutObjectCommand({ Bucket: 'originals', Key, Body }))
        acknowledged.objects.set(Key, { stored: version, onItsWay: null })
      }),
    ),
    forever(async (n) => {
      const status = n % 2 === 0 ? 'pending' : 'complete'
      await db.send(new PutItemCommand({ TableName: 'images', Item: { id: { S: `id-${n}` }, status: { S: status } } }))
      acknowledged.items.set(`id-${n}`, status)
    }),
    forever(async (n) => {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: `message ${n}` }))
      acknowledged.messages.add(`message ${n}`)
    }),
    forever(async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }))
      for (const { ReceiptHandle, Body = '' } of Messages) {
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
        acknowledged.deleted.add(Body)
      }
    }),
    forever(async (n) => {
      const MessageAttributes = { type: { DataType: 'String', StringValue: 'image:created' } }
      await sns.send(new PublishCommand({ TopicArn, Message: `event ${n}`, MessageAttributes }))
      acknowledged.notifications.add(`event ${n}`)
    }),
    forever(async () => {
      const AuthParameters = { USERNAME: email, PASSWORD: 'Correct horse 1!' }
      const input = { ClientId: 'web-client', AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters } as const
      const { AuthenticationResult } = await cognito.send(new InitiateAuthCommand(input))
      acknowledged.refreshTokens.push(AuthenticationResult?.RefreshToken ?? '')
    }),
  ])
}

async function everything(messaging: Messaging, queue: string): Promise<string[]> {
  const bodies: string[] = []
  for (;;) {
    // Long enough for what the killed process had in flight to show again.
    const options = { max: 10, waitMs: 0, visibilitySeconds: 600 }
    const messages = await messaging.receive(queue, options, new AbortController().signal)
    if (messages.length === 0) return bodies
    bodies.push(...messages.map((message) => message.body))
  }
}

test('a killed process loses nothing that it has acknowledged', { timeout: 120_000 }, async () => {
  const dataDirectory = await temporaryDirectory()
  const acknowledged: Acknowledged = {
    objects: new Map(),
    items: new Map(),
    messages: new Set(),
    deleted: new Set(),
    notifications: new Set(),
    refreshTokens: [],
  }
  for (const enough of [20, 60]) {
    const { url, kill } = await startChild(dataDirectory)
    const loaded = load(url, acknowledged)
    const { items, messages, notifications, refreshTokens } = acknowledged
    await eventually('enough of everything', () =>
      Math.min(items.size, messages.size, notifications.size, refreshTokens.length) >= enough ? true : null,
    )
    await kill()
    await loaded
  }

  const services = await startServicesUnderTest({ dataDirectory })
  const s3 = new S3Client(services.client)
  expect(acknowledged.objects.size).toBeGreaterThan(0)
  for (const [Key, { stored, onItsWay }] of acknowledged.objects) {
    if (stored === null && services.objects.stat('originals', Key) === null) continue
    const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: 'originals', Key }))
    const md5 = createHash('md5')
      .update((await Body?.transformToByteArray()) ?? '')
      .digest('hex')
    expect(ETag).toBe(`"${md5}"`)
    expect([stored, onItsWay]).toContain(md5)
  }
  const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: 'originals' }))
  const files = await readdir(join(dataDirectory, 's3', 'files'), { recursive: true, withFileTypes: true })
  expect(files.filter((entry) => entry.isFile())).toHaveLength(KeyCount ?? -1)

  const db = new DynamoDBClient(services.client)
  expect(acknowledged.items.size).toBeGreaterThan(0)
  for (const [id, status] of acknowledged.items) {
    const { Item } = await db.send(new GetItemCommand({ TableName: 'images', Key: { id: { S: id } } }))
    expect(Item?.status?.S).toBe(status)
  }
  const indexed = await db.send(
    new QueryCommand({
      TableName: 'images',
      IndexName: 'by_status',
      KeyConditionExpression: '#s = :s',
      ExpressionAttributeNames: { '#s': 'status' },
      ExpressionAttributeValues: { ':s': { S: 'pending' } },
    }),
  )
  const pending = [...acknowledged.items].filter(([, status]) => status === 'pending').map(([id]) => id)
  expect(indexed.Items?.map((item) => item.id?.S)).toEqual(expect.arrayContaining(pending))

  const left = await everything(services.messaging, 'jobs')
  const { inFlight } = await services.messaging.counts('jobs')
  const expected = [...acknowledged.messages].filter((body) => !acknowledged.deleted.has(body))
  // Received but not deleted when the process died: still hidden, not gone.
  expect(expected.filter((body) => !left.includes(body)).length).toBeLessThanOrEqual(inFlight - left.length)
  expect(acknowledged.messages.size).toBeGreaterThan(0)

  const notifications = await everything(
    services.messaging,
    subscriptionQueueName({ topicArn: TopicArn, functionArn: arn('lambda', 'function:notify') }),
  )
  const delivered = new Set(notifications.map((body) => JSON.parse(body).Message))
  expect([...acknowledged.notifications].filter((message) => !delivered.has(message))).toEqual([])

  const cognito = new CognitoIdentityProviderClient(services.client)
  expect(acknowledged.refreshTokens.length).toBeGreaterThan(0)
  for (const REFRESH_TOKEN of acknowledged.refreshTokens) {
    const input = { ClientId: 'web-client', AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN } } as const
    await cognito.send(new InitiateAuthCommand(input))
  }
  expect(services.faults).toEqual([])
})
