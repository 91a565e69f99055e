import { ApiGatewayManagementApiClient, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi'
import { CognitoIdentityProviderClient, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { DynamoDBClient, ListTablesCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetObjectCommand, HeadObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { startServicesUnderTest } from '../services/testing/services-under-test.ts'
import type { FaultPlan } from './fault-plan.ts'
import { Faults } from './faults.ts'
import { injectFaults } from './inject-faults.ts'
import { aPlan } from './testing/plans.ts'

/** Waits last until `release`. */
async function faultyServices(plan: FaultPlan) {
  const faults = new Faults(() => {})
  const waits: { readonly ms: number | undefined; readonly release: () => void }[] = []
  const injection = injectFaults(faults, (ms) => new Promise<void>((release) => waits.push({ ms, release })))
  const services = await startServicesUnderTest({ hooks: injection.calls, beforeDisk: injection.beforeDisk })
  faults.set(plan)
  return { ...services, faulty: faults, waits }
}

const thrownBy = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error) => error,
  )

type Client = Awaited<ReturnType<typeof startServicesUnderTest>>['client']
const calls: readonly [string, (client: Client) => Promise<unknown>][] = [
  ['s3', (client) => new S3Client(client).send(new ListBucketsCommand({}))],
  ['dynamodb', (client) => new DynamoDBClient(client).send(new ListTablesCommand({}))],
  ['sqs', (client) => new SQSClient(client).send(new ListQueuesCommand({}))],
  ['sns', (client) => new SNSClient(client).send(new ListTopicsCommand({}))],
  [
    'cognito-idp',
    (client) => new CognitoIdentityProviderClient(client).send(new ListUsersCommand({ UserPoolId: 'us-east-1_pool' })),
  ],
  ['lambda', (client) => new LambdaClient(client).send(new InvokeCommand({ FunctionName: 'notify' }))],
  [
    'execute-api',
    (client) =>
      new ApiGatewayManagementApiClient({ ...client, endpoint: `${client.endpoint}/_sockets/ws1` }).send(
        new PostToConnectionCommand({ ConnectionId: 'c', Data: '' }),
      ),
  ],
]

/** Names that the SDK knows as throttling, whatever the status. */
const throttles =
  /^(SlowDown|ProvisionedThroughputExceededException|RequestThrottled|Throttling|TooManyRequestsException|LimitExceededException)$/

describe('faults of calls', () => {
  it.each(calls)('throttle %s as that service does: its SDK tries again', async (_service, call) => {
    const { client } = await faultyServices(aPlan({ on: 'call', effect: 'throttle' }))
    expect(await thrownBy(call(client))).toMatchObject({ name: expect.stringMatching(throttles) })
  })

  it.each(calls)('fail %s as that service does: its SDK tries again', async (_service, call) => {
    const { client } = await faultyServices(aPlan({ on: 'call', effect: 'error' }))
    expect(await thrownBy(call(client))).toMatchObject({ $metadata: { httpStatusCode: 500 } })
  })

  it('reset the connection before the service has done anything', async () => {
    const { client, faulty } = await faultyServices(aPlan({ on: 'call', operation: 'PutObject', effect: 'reset' }))
    const s3 = new S3Client(client)
    const object = { Bucket: 'originals', Key: 'a' }
    expect(await thrownBy(s3.send(new PutObjectCommand({ ...object, Body: 'x' })))).toMatchObject({
      code: 'ECONNRESET',
    })
    faulty.set(null)
    expect(await thrownBy(s3.send(new HeadObjectCommand(object)))).toMatchObject({ name: 'NotFound' })
  })

  it.each([
    ['an error', 'error', { name: 'InternalError' }],
    ['a reset', 'reset', { code: 'ECONNRESET' }],
  ] as const)('answer with %s although the service has done what it was asked', async (_what, effect, error) => {
    const { client } = await faultyServices(aPlan({ on: 'call', operation: 'PutObject', effect, after: true }))
    const s3 = new S3Client(client)
    const object = { Bucket: 'originals', Key: 'a' }
    expect(await thrownBy(s3.send(new PutObjectCommand({ ...object, Body: 'x' })))).toMatchObject(error)
    expect(await s3.send(new HeadObjectCommand(object))).toMatchObject({ ContentLength: 1 })
  })

  it('reach a service without a body, after the fact', async () => {
    const { client } = await faultyServices(
      aPlan({ on: 'call', service: 'dynamodb', operation: 'PutItem', effect: 'reset', after: true }),
    )
    const dynamodb = new DynamoDBClient(client)
    const put = dynamodb.send(new PutItemCommand({ TableName: 'images', Item: { id: { S: 'a' } } }))
    expect(await thrownBy(put)).toMatchObject({ code: 'ECONNRESET' })
    expect(await dynamodb.send(new ScanCommand({ TableName: 'images' }))).toMatchObject({ Count: 1 })
  })

  it('are about the operation, resource and caller that the rule names, and no other', async () => {
    const { client, faulty } = await faultyServices(
      aPlan({ on: 'call', operation: 'Get*', resource: 'originals/secret-?', from: 'outside', effect: 'error' }),
    )
    const s3 = new S3Client(client)
    for (const Key of ['secret-1', 'plain'])
      await s3.send(new PutObjectCommand({ Bucket: 'originals', Key, Body: 'x' }))
    const get = (Key: string) => s3.send(new GetObjectCommand({ Bucket: 'originals', Key }))
    await get('plain')
    expect(await thrownBy(get('secret-1'))).toMatchObject({ name: 'InternalError' })
    expect(faulty.report().rules).toMatchObject([{ met: 1, injected: 1 }])
  })

  it('wait as long as they are told, and then let the call through', async () => {
    const plan = aPlan({ on: 'call', operation: 'PutObject', effect: 'delay', ms: 60_000 })
    const { client, objects, waits } = await faultyServices(plan)
    const put = new S3Client(client).send(new PutObjectCommand({ Bucket: 'originals', Key: 'a', Body: 'x' }))
    await expect.poll(() => waits).toMatchObject([{ ms: 60_000 }])
    expect(objects.stat('originals', 'a')).toBeNull()
    waits[0]?.release()
    await put
    expect(objects.stat('originals', 'a')).not.toBeNull()
  })
})

describe('a slow disk', () => {
  it('holds up what is written, until it counts, and what is read', async () => {
    const { client, faulty, objects, waits } = await faultyServices(
      aPlan({ on: 'disk', access: 'write', effect: 'delay', ms: 60_000 }),
    )
    const s3 = new S3Client(client)
    const object = { Bucket: 'originals', Key: 'a' }
    const put = s3.send(new PutObjectCommand({ ...object, Body: 'x' }))
    await expect.poll(() => waits).toMatchObject([{ ms: 60_000 }])
    expect(objects.stat('originals', 'a')).toBeNull()
    waits[0]?.release()
    await put
    faulty.set(aPlan({ on: 'disk', access: 'read', effect: 'delay', ms: 1 }))
    const get = s3.send(new GetObjectCommand(object))
    await expect.poll(() => waits).toMatchObject([{ ms: 60_000 }, { ms: 1 }])
    waits[1]?.release()
    await get
    expect(faulty.report().injected['disk/delay']).toBe(2)
  })
})

describe('clocks that are ahead', () => {
  it('are believed where a function calls, and nowhere else', async () => {
    const aDayMs = 25 * 3_600_000
    const { client, url } = await faultyServices(
      aPlan({ on: 'disk', effect: 'delay', ms: 1 }, { clock_ahead_seconds: aDayMs / 1000 }),
    )
    const trace = { 'x-amzn-trace-id': 'Root=1' }
    const aheadMs = async (headers: Record<string, string>) => {
      const { headers: answered } = await fetch(url, { headers })
      return Date.parse(answered.get('date') ?? '') - Date.now()
    }
    expect(await aheadMs(trace)).toBeGreaterThan(aDayMs - 60_000)
    expect(await aheadMs({})).toBeLessThan(60_000)

    const sqs = new SQSClient({ ...client, systemClockOffset: aDayMs })
    expect(await thrownBy(sqs.send(new ListQueuesCommand({})))).toMatchObject({ name: 'InvalidSignatureException' })
    const traced = new SQSClient({ ...client, systemClockOffset: aDayMs })
    traced.middlewareStack.add(
      (next) => (args) => {
        Object.assign((args.request as { headers: object }).headers, trace)
        return next(args)
      },
      { step: 'build' },
    )
    expect(await traced.send(new ListQueuesCommand({}))).toMatchObject({ $metadata: { httpStatusCode: 200 } })
  })
})
