import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi'
import { CognitoIdentityProviderClient, GetCSVHeaderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { DynamoDBClient, ListTablesCommand, TransactGetItemsCommand } from '@aws-sdk/client-dynamodb'
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import {
  ListPhoneNumbersOptedOutCommand,
  ListTopicsCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns'
import { ListMessageMoveTasksCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, test } from 'vitest'
import type { ConnectionState } from './handlers.ts'
import { noHooks, type ServiceCall } from './service.ts'
import { ServiceError } from './service-error.ts'
import { startServicesUnderTest } from './testing/services-under-test.ts'

/** Any SDK client. */
interface Client {
  // biome-ignore lint/suspicious/noExplicitAny: of any service
  send(command: any): Promise<unknown>
}

const refusal = async (client: Client, command: unknown) => {
  const error = await client.send(command).then(
    () => expect.fail('expected a refusal'),
    (reason) => reason,
  )
  return { name: error.name, status: error.$metadata?.httpStatusCode, message: error.message as string }
}

describe('the endpoint', () => {
  test('listens on the loopback interface alone', async () => {
    const { url } = await startServicesUnderTest()
    const port = Number(new URL(url).port)
    const { networkInterfaces } = await import('node:os')
    const others = Object.values(networkInterfaces())
      .flat()
      .flatMap((address) =>
        address === undefined || address.internal || address.family !== 'IPv4' ? [] : [address.address],
      )
    for (const address of others) await expect(fetch(`http://${address}:${port}`)).rejects.toThrow()
    expect((await fetch(url)).status).toBe(403)
  })

  test('says so when its port is taken', async () => {
    const first = await startServicesUnderTest()
    const { startServices } = await import('./start-services.ts')
    const { cloudModel } = await import('./testing/cloud-model.ts')
    const { temporaryDirectory } = await import('./testing/services-under-test.ts')
    const second = startServices({
      model: cloudModel(first.url),
      dataDirectory: await temporaryDirectory(),
      port: Number(new URL(first.url).port),
      handlers: { invoke: async () => ({ status: 200, payload: Buffer.alloc(0) }), sockets: {} as never },
    })
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('refuses a second local cloud on the same data', async () => {
    const { dataDirectory } = await startServicesUnderTest()
    await expect(startServicesUnderTest({ dataDirectory })).rejects.toThrow(/another local cloud/i)
  })

  test('refuses bodies beyond its limit instead of keeping them', async () => {
    const { url } = await startServicesUnderTest()
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSQS.SendMessage', 'content-type': 'application/x-amz-json-1.0' },
      body: Buffer.alloc(17 * 1024 * 1024),
    })
    expect(response.status).toBe(413)
  })
})

describe('unknown operations are refused by name in the shape of the service', () => {
  test.for([
    ['SQS', SQSClient, new ListMessageMoveTasksCommand({ SourceArn: 'arn' }), /ListMessageMoveTasks of sqs/],
    ['SNS', SNSClient, new ListPhoneNumbersOptedOutCommand({}), /ListPhoneNumbersOptedOut of sns/],
    [
      'SNS',
      SNSClient,
      new SubscribeCommand({ TopicArn: 'arn', Protocol: 'email', Endpoint: 'a@b.c' }),
      /protocol email/,
    ],
    [
      'SNS',
      SNSClient,
      new PublishCommand({ TopicArn: 'arn', Message: '{}', MessageStructure: 'json' }),
      /MessageStructure of Publish/,
    ],
    ['Lambda', LambdaClient, new InvokeCommand({ FunctionName: 'notify', LogType: 'Tail' }), /x-amz-log-type/],
    ['DynamoDB', DynamoDBClient, new TransactGetItemsCommand({ TransactItems: [] }), /TransactGetItems of dynamodb/],
    ['Lambda', LambdaClient, new ListFunctionsCommand({}), /GET \/2015-03-31\/functions/],
    [
      'Cognito',
      CognitoIdentityProviderClient,
      new GetCSVHeaderCommand({ UserPoolId: 'us-east-1_pool' }),
      /GetCSVHeader/,
    ],
  ] as const)('%s', async ([_service, Service, command, message]) => {
    const { client } = await startServicesUnderTest()
    const refused = await refusal(new Service(client) as Client, command)
    expect(refused).toMatchObject({ name: 'NotImplemented', status: 501 })
    expect(refused.message).toMatch(message)
  })

  test('of services that the local cloud does not have', async () => {
    const { url } = await startServicesUnderTest()
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'x-amz-target': 'Logs_20140328.PutLogEvents', 'content-type': 'application/x-amz-json-1.1' },
      body: '{}',
    })
    expect(response.status).toBe(501)
    expect(await response.json()).toMatchObject({
      __type: 'NotImplemented',
      message: expect.stringContaining('PutLogEvents'),
    })
  })
})

describe('signatures', () => {
  const services = [
    ['S3', S3Client, new ListBucketsCommand({}), 'SignatureDoesNotMatch'],
    ['SQS', SQSClient, new ListQueuesCommand({}), 'InvalidSignatureException'],
    ['SNS', SNSClient, new ListTopicsCommand({}), 'SignatureDoesNotMatch'],
    ['DynamoDB', DynamoDBClient, new ListTablesCommand({}), 'InvalidSignatureException'],
    ['Lambda', LambdaClient, new InvokeCommand({ FunctionName: 'notify' }), 'InvalidSignatureException'],
  ] as const

  test.for(services)('of a wrong secret are refused by %s', async ([_name, Service, command, code]) => {
    const { client } = await startServicesUnderTest()
    const credentials = { accessKeyId: 'local', secretAccessKey: 'guess' }
    expect(await refusal(new Service({ ...client, credentials }) as Client, command)).toMatchObject({
      name: code,
      status: 403,
    })
  })

  test('of another region are refused, for nothing is there', async () => {
    const { client } = await startServicesUnderTest()
    const refused = await refusal(new SQSClient({ ...client, region: 'eu-west-1' }), new ListQueuesCommand({}))
    expect(refused.message).toContain("expecting 'us-east-1'")
  })

  test('cover the body', async () => {
    const { client, url } = await startServicesUnderTest()
    const sqs = new SQSClient(client)
    sqs.middlewareStack.add(
      (next) => (args) => {
        const body = JSON.stringify({ QueueNamePrefix: 'jabs' })
        return next({ ...args, request: { ...(args.request as object), body } as never })
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    const refused = await refusal(sqs, new ListQueuesCommand({ QueueNamePrefix: 'jobs' }))
    expect(refused).toMatchObject({ name: 'InvalidSignatureException' })
    // What a page of another site can send without asking first.
    const form = await fetch(url, { method: 'POST', body: new URLSearchParams({ Action: 'ListTopics' }) })
    expect(form.status).toBe(403)
  })
})

describe('before every call', () => {
  test('one function learns what is asked, and may refuse it', async () => {
    const calls: ServiceCall[] = []
    const { client } = await startServicesUnderTest({
      hooks: {
        ...noHooks,
        before: async (call) => {
          calls.push(call)
          if (call.operation === 'ListQueues') throw new ServiceError(503, 'ServiceUnavailable', 'by order')
        },
      },
    })
    expect(await refusal(new SQSClient(client), new ListQueuesCommand({}))).toMatchObject({
      status: 503,
      message: 'by order',
    })
    await new S3Client(client).send(new ListBucketsCommand({}))
    await new DynamoDBClient(client).send(new ListTablesCommand({}))
    expect(calls).toEqual([
      { service: 'sqs', operation: 'ListQueues', resource: '', traceId: null },
      { service: 's3', operation: 'ListBuckets', resource: '', traceId: null },
      { service: 'dynamodb', operation: 'ListTables', resource: '', traceId: null },
    ])
  })
})

describe('Lambda Invoke', () => {
  test('hands payload and kind to the runner and brings back its answer', async () => {
    const { client } = await startServicesUnderTest({
      handlers: {
        invoke: async (name, payload, type) =>
          type === 'Event'
            ? { status: 202, payload: Buffer.alloc(0) }
            : { status: 200, payload: Buffer.from(JSON.stringify({ name, got: JSON.parse(payload.toString()) })) },
      },
    })
    const lambda = new LambdaClient(client)
    const Payload = JSON.stringify({ a: 1 })
    for (const FunctionName of ['notify', 'arn:aws:lambda:us-east-1:000000000000:function:notify', 'notify:$LATEST']) {
      const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload }))
      expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' })
      expect(answer.FunctionError).toBeUndefined()
      expect(answer.Payload?.transformToString()).toBe('{"name":"notify","got":{"a":1}}')
    }
    const event = await lambda.send(new InvokeCommand({ FunctionName: 'notify', Payload, InvocationType: 'Event' }))
    expect(event.StatusCode).toBe(202)
  })

  test('tells failures of the function from failures of the call', async () => {
    const results = [
      { status: 200, payload: Buffer.from('{"errorMessage":"x"}'), functionError: 'Unhandled' },
      { status: 429, payload: Buffer.alloc(0) },
    ]
    const { client } = await startServicesUnderTest({
      handlers: { invoke: async () => results.shift() ?? expect.fail('no more results') },
    })
    const lambda = new LambdaClient(client)
    const failed = await lambda.send(new InvokeCommand({ FunctionName: 'notify' }))
    expect(failed.FunctionError).toBe('Unhandled')
    const invoke = (input: object) => refusal(lambda, new InvokeCommand({ FunctionName: 'notify', ...input }))
    expect(await invoke({})).toMatchObject({ name: 'TooManyRequestsException', status: 429 })
    expect(await invoke({ FunctionName: 'unknown' })).toMatchObject({ name: 'ResourceNotFoundException', status: 404 })
    expect(await invoke({ Payload: 'no json' })).toMatchObject({ name: 'InvalidRequestContentException', status: 400 })
    const large = JSON.stringify('x'.repeat(6_291_456))
    expect(await invoke({ Payload: large })).toMatchObject({ name: 'RequestTooLargeException', status: 413 })
  })
})

describe('the management API of WebSockets', () => {
  test('reaches connections, and says when they are gone', async () => {
    const posted: string[] = []
    const state = async (id: string): Promise<ConnectionState> => (id === 'gone=' ? 'gone' : 'ok')
    const services = await startServicesUnderTest({
      handlers: {
        sockets: {
          post: async (id: string, data: Buffer) => {
            posted.push(`${id}: ${data}`)
            return await state(id)
          },
          delete: state,
          get: state,
        },
      },
    })
    const endpoint = `${services.url}/_sockets/ws1`
    const api = new ApiGatewayManagementApiClient({ ...services.client, endpoint })
    await api.send(new PostToConnectionCommand({ ConnectionId: 'abc=', Data: Buffer.from('{"type":"ä"}') }))
    await api.send(new GetConnectionCommand({ ConnectionId: 'abc=' }))
    await api.send(new DeleteConnectionCommand({ ConnectionId: 'abc=' }))
    expect(posted).toEqual(['abc=: {"type":"ä"}'])
    for (const command of [
      new PostToConnectionCommand({ ConnectionId: 'gone=', Data: Buffer.from('x') }),
      new GetConnectionCommand({ ConnectionId: 'gone=' }),
      new DeleteConnectionCommand({ ConnectionId: 'gone=' }),
    ]) {
      expect(await refusal(api, command)).toMatchObject({ name: 'GoneException', status: 410 })
    }
    const large = new PostToConnectionCommand({ ConnectionId: 'abc=', Data: Buffer.alloc(128 * 1024 + 1) })
    expect(await refusal(api, large)).toMatchObject({ name: 'PayloadTooLargeException', status: 413 })
    const other = new ApiGatewayManagementApiClient({ ...services.client, endpoint: `${services.url}/_sockets/ws2` })
    expect(await refusal(other, new GetConnectionCommand({ ConnectionId: 'abc=' }))).toMatchObject({ status: 403 })
  })
})
