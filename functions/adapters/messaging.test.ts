import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { imageEvent } from '@glowworm/events/image-events'
import { type ApplyDisplaySizesJob, type ProcessImageJob, processImageJob } from '@glowworm/events/jobs'
import { afterAll, describe, expect, test } from 'vitest'
import type { Jobs } from '../core/ports.ts'
import { apiGatewaySockets } from './api-gateway-sockets.ts'
import { lambda, sns, sockets, sqs } from './aws-clients.ts'
import { directJobs } from './direct-jobs.ts'
import { jobsWithFallback } from './jobs-with-fallback.ts'
import { snsUpdates } from './sns-updates.ts'
import { sqsBackfills } from './sqs-backfills.ts'
import { sqsDeadBackfills } from './sqs-dead-backfills.ts'
import { sqsDeadLetters } from './sqs-dead-letters.ts'
import { sqsDeadUpdates } from './sqs-dead-updates.ts'
import { sqsJobs } from './sqs-jobs.ts'
import { sqsDeadLetterCounts, sqsQueueDepths } from './sqs-queue-depths.ts'
import { sqsVisibility } from './sqs-visibility.ts'
import { listening, startMessaging } from './testing/aws-stand-ins.ts'
import { aJob, anEvent } from './testing/records.ts'

const config = await startMessaging()
const queues = sqs(config)

async function createQueue(name: string): Promise<{ url: string; arn: string }> {
  const { QueueUrl: url = '' } = await queues.send(new CreateQueueCommand({ QueueName: name }))
  const { Attributes } = await queues.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  )
  return { url, arn: Attributes?.QueueArn ?? '' }
}

async function receive(url: string, seconds = 5) {
  const { Messages = [] } = await queues.send(
    new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: seconds, MessageSystemAttributeNames: ['All'] }),
  )
  return Messages[0]
}

/** A service that answers every request with one status, and keeps what it was sent. */
async function serviceAnswering(status: number) {
  const received: { url: string; headers: IncomingMessage['headers']; body: string }[] = []
  const server = createServer(async (request, response) => {
    received.push({ url: request.url ?? '', headers: request.headers, body: await text(request) })
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  afterAll(() => server.close())
  return { received, config: await listening(server) }
}

describe('dead letters', () => {
  test('are received up to a number, read or unreadable, and removed one by one', async () => {
    const { url } = await createQueue('dead')
    const other = (await createQueue('others')).url
    const letters = sqsDeadLetters({ client: queues, queueUrls: { high: url, normal: other, low: other } })
    const bodies = [...Array.from({ length: 12 }, () => JSON.stringify(aJob())), 'no job']
    for (const MessageBody of bodies) await queues.send(new SendMessageCommand({ QueueUrl: url, MessageBody }))

    const some = await letters.receive('high', 11)
    expect(some.map(({ job }) => job)).toEqual(Array(11).fill(aJob()))
    const rest = await letters.receive('high', 11)
    expect(rest.map(({ job }) => job)).toEqual([aJob(), null])
    for (const { receipt } of [...some, ...rest.slice(0, 1)]) await letters.remove('high', receipt)

    const depths = sqsQueueDepths({
      client: queues,
      queueUrls: { high: other, normal: other, low: other },
      deadLetterUrls: { high: url, normal: other, low: other },
    })
    const empty = { waiting: 0, in_flight: 0, dead: 0 }
    expect(await depths.read()).toEqual({ high: { ...empty, dead: 1 }, normal: empty, low: empty })
  })
})

describe('a dead letter', () => {
  test('that is released can be received again at once', async () => {
    const { url } = await createQueue('released')
    const letters = sqsDeadLetters({ client: queues, queueUrls: { direct: url } })
    await queues.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'no job' }))
    const [letter] = await letters.receive('direct', 1)
    expect(await letters.receive('direct', 1)).toEqual([])
    await letters.release('direct', [letter?.receipt ?? ''], 0)
    expect(await letters.receive('direct', 1)).toHaveLength(1)
  })

  test('is one of many that are released together, for as long as it is to rest', async () => {
    const { url } = await createQueue('resting')
    const letters = sqsDeadLetters({ client: queues, queueUrls: { direct: url } })
    for (let count = 0; count < 12; count++) {
      await queues.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'no job' }))
    }
    const receiptsOf = async () => (await letters.receive('direct', 12)).map(({ receipt }) => receipt)
    await letters.release('direct', await receiptsOf(), 0)
    const receipts = await receiptsOf()
    expect(receipts).toHaveLength(12)
    await letters.release('direct', receipts, 3_600)
    expect(await receiptsOf()).toEqual([])
  })

  test('that cannot be released is an error', async () => {
    const { url } = await createQueue('unreleased')
    const letters = sqsDeadLetters({ client: queues, queueUrls: { direct: url } })
    await expect(letters.release('direct', ['no receipt'], 0)).rejects.toMatchObject({ code: 'storage_unavailable' })
  })

  test('of a job that came directly is read from what Lambda says of it', async () => {
    const { url } = await createQueue('direct')
    const letters = sqsDeadLetters({ client: queues, queueUrls: { direct: url } })
    const requestPayload = { Records: [{ messageId: 'm', body: JSON.stringify(aJob()) }] }
    const MessageBody = JSON.stringify({ version: '1.0', requestContext: {}, requestPayload })
    await queues.send(new SendMessageCommand({ QueueUrl: url, MessageBody }))
    expect((await letters.receive('direct', 1)).map(({ job }) => job)).toEqual([aJob()])
  })
})

describe('where there are no dead letters', () => {
  test('one question is all that is asked, and nobody waits', async () => {
    const { received, config } = await serviceAnswering(200)
    const letters = sqsDeadLetters({ client: sqs(config), queueUrls: { direct: config.endpoint } })
    expect(await letters.receive('direct', 10)).toEqual([])
    expect(received.map(({ headers }) => headers['x-amz-target'])).toEqual(['AmazonSQS.GetQueueAttributes'])
  })
})

describe('a dead change of display sizes', () => {
  test('is read as it was sent, counted, and can be received again at once when it is released', async () => {
    const [{ url }, { url: other }] = [await createQueue('backfills'), await createQueue('no-backfills')]
    const job: ApplyDisplaySizesJob = {
      version: 1,
      awaits: { revision: 3, since: '2026-11-23T08:00:00.000Z' },
      cursor: null,
      unsettled: [],
      correlation_id: 'c-1',
    }
    await sqsBackfills({ client: queues, queueUrl: url }).begin(job)
    await queues.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'no job' }))
    const counts = sqsDeadLetterCounts({
      client: queues,
      queueUrls: { direct: other, backfills: url, updates: other },
    })
    expect(await counts.read()).toEqual({ direct: 0, backfills: 2, updates: 0 })

    const letters = sqsDeadBackfills({ client: queues, queueUrl: url })
    const [first, second] = await letters.receive(10)
    expect([first?.job, second?.job]).toEqual([job, null])
    await letters.remove(first?.receipt ?? '')
    await letters.release(second?.receipt ?? '')
    expect(await letters.receive(10)).toMatchObject([{ job: null }])
  })
})

describe('a dead update', () => {
  test('is read from what Lambda says of its delivery, and is null if it cannot be', async () => {
    const { url } = await createQueue('updates')
    const updates = sqsDeadUpdates({ client: queues, queueUrl: url })
    const event = anEvent('01J00000000000000000000000')
    const delivery = (Message: string) =>
      JSON.stringify({ version: '1.0', requestPayload: { Records: [{ Sns: { MessageId: 'm', Message } }] } })
    for (const MessageBody of [delivery(JSON.stringify(event)), delivery('{}'), 'nothing that Lambda says']) {
      await queues.send(new SendMessageCommand({ QueueUrl: url, MessageBody }))
    }
    const letters = await updates.receive(10)
    expect(letters.map((letter) => letter.event)).toEqual([event, null, null])
    await updates.remove(letters[0]?.receipt ?? '')
    await updates.release(
      letters.slice(1).map(({ receipt }) => receipt),
      0,
    )
    expect((await updates.receive(10)).map((letter) => letter.event)).toEqual([null, null])
  })
})

describe('jobs through queues', () => {
  test('each goes to the queue of its priority, as the contract has it', async () => {
    const [high, low] = [await createQueue('high'), await createQueue('low')]
    const jobs = sqsJobs({ client: queues, queueUrls: { high: high.url, low: low.url } })
    await jobs.send(aJob({ reason: 'upload' }), 'high')
    await jobs.send(aJob({ reason: 'display_sizes' }), 'low')
    expect(processImageJob.parse(JSON.parse((await receive(low.url))?.Body ?? ''))).toEqual(
      aJob({ reason: 'display_sizes' }),
    )
    expect(processImageJob.parse(JSON.parse((await receive(high.url))?.Body ?? ''))).toEqual(aJob())
  })

  test('are not sent unless they are what workers expect', async () => {
    const jobs = sqsJobs({ client: queues, queueUrls: { high: 'http://127.0.0.1:1/never' } })
    await expect(jobs.send(aJob({ image_id: 'short' }), 'high')).rejects.toThrow(/64 lower-case hex/)
    await expect(jobs.send(aJob(), 'normal')).rejects.toThrow(/queue for jobs of normal priority/)
  })

  test('come again when the worker says', async () => {
    const { url, arn } = await createQueue('visibility')
    await sqsJobs({ client: queues, queueUrls: { high: url } }).send(aJob(), 'high')
    const first = await receive(url)
    const visibility = sqsVisibility(queues)
    await visibility.change(arn, first?.ReceiptHandle ?? '', 0.2)
    const second = await receive(url)
    expect(second?.MessageId).toBe(first?.MessageId)
    expect(second?.Attributes?.ApproximateReceiveCount).toBe('2')
  })
})

describe('jobs without a queue', () => {
  test('invoke the worker asynchronously with the event of a queue, but for the receipt', async () => {
    const service = await serviceAnswering(202)
    await directJobs({ client: lambda(service.config), functionName: 'process-image' }).send(aJob(), 'high')
    const [{ url, headers, body } = { url: '', headers: {}, body: '' }] = service.received
    expect(url).toBe('/2015-03-31/functions/process-image/invocations')
    expect(headers['x-amz-invocation-type']).toBe('Event')
    const [record] = JSON.parse(body).Records
    expect(processImageJob.parse(JSON.parse(record.body))).toEqual(aJob())
    expect(record).toMatchObject({ messageId: aJob().job_id, attributes: { ApproximateReceiveCount: '1' } })
    expect(record).not.toHaveProperty('receiptHandle')
  })
})

describe('jobs with a way around the queue', () => {
  function setUp(useQueue: boolean, refusal?: Error, failure?: Error) {
    const sent: string[] = []
    const refusals: unknown[] = []
    const to = (name: string, error?: Error): Jobs => ({
      send: async (_job, priority) => {
        if (error !== undefined) throw error
        sent.push(`${name} ${priority}`)
      },
    })
    const queue = to('queue', refusal)
    const onRefusal = (job: ProcessImageJob, error: unknown) => refusals.push([job.image_id, error])
    return { jobs: jobsWithFallback({ useQueue, queue, direct: to('direct', failure), onRefusal }), sent, refusals }
  }

  test('go through the queue while it takes them', async () => {
    const { jobs, sent, refusals } = setUp(true)
    await jobs.send(aJob(), 'normal')
    expect([sent, refusals]).toEqual([['queue normal'], []])
  })

  test('go around it when it is switched off', async () => {
    const { jobs, sent, refusals } = setUp(false)
    await jobs.send(aJob(), 'high')
    expect([sent, refusals]).toEqual([['direct high'], []])
  })

  test('go around it when it refuses them, and somebody is told', async () => {
    const refusal = new Error('queue is away')
    const { jobs, sent, refusals } = setUp(true, refusal)
    await jobs.send(aJob(), 'high')
    expect([sent, refusals]).toEqual([['direct high'], [[aJob().image_id, refusal]]])
  })

  test('fail when there is no way at all', async () => {
    const { jobs } = setUp(true, new Error('queue is away'), new Error('worker is away'))
    await expect(jobs.send(aJob(), 'high')).rejects.toThrow('worker is away')
  })
})

describe('updates', () => {
  test('are published as the contract has them, with their type for filters', async () => {
    const topics = sns(config)
    const { TopicArn = '' } = await topics.send(new CreateTopicCommand({ Name: 'processing-updates' }))
    const { url, arn } = await createQueue('updates')
    await topics.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arn }))
    const event = anEvent('01J00000000000000000000009')
    await snsUpdates({ client: topics, topicArn: TopicArn }).publish(event)
    const notification = JSON.parse((await receive(url))?.Body ?? '{}')
    expect(imageEvent.parse(JSON.parse(notification.Message))).toEqual(event)
    expect(notification.MessageAttributes.type).toEqual({ Type: 'String', Value: 'image:created' })
  })

  test('are not published unless they are what consumers expect', async () => {
    const updates = snsUpdates({ client: sns(config), topicArn: 'arn:aws:sns:us-east-1:000000000000:none' })
    await expect(updates.publish(anEvent('not a ulid'))).rejects.toThrow(/ULID/)
  })
})

describe('sockets', () => {
  test('receive messages as JSON', async () => {
    const service = await serviceAnswering(200)
    const message = { type: 'pong', server_time: '2026-11-01T12:00:00.000Z' } as const
    expect(await apiGatewaySockets(sockets(service.config)).send('connection=1', message)).toBe('sent')
    expect(JSON.parse(service.received[0]?.body ?? '')).toEqual(message)
    expect(service.received[0]?.url).toBe('/@connections/connection%3D1')
  })

  test('that the client has left are gone', async () => {
    const service = await serviceAnswering(410)
    const message = { type: 'pong', server_time: '2026-11-01T12:00:00.000Z' } as const
    expect(await apiGatewaySockets(sockets(service.config)).send('connection=1', message)).toBe('gone')
  })

  test('can be ended, those too that the client has left', async () => {
    const service = await serviceAnswering(204)
    await apiGatewaySockets(sockets(service.config)).disconnect('connection=1')
    expect(service.received.map(({ url }) => url)).toEqual(['/@connections/connection%3D1'])
    await expect(
      apiGatewaySockets(sockets((await serviceAnswering(410)).config)).disconnect('c'),
    ).resolves.toBeUndefined()
    await expect(apiGatewaySockets(sockets((await serviceAnswering(403)).config)).disconnect('c')).rejects.toThrow()
  })

  test('that cannot be reached for another reason are an error', async () => {
    const service = await serviceAnswering(403)
    const message = { type: 'pong', server_time: '2026-11-01T12:00:00.000Z' } as const
    await expect(apiGatewaySockets(sockets(service.config)).send('c', message)).rejects.toThrow()
  })
})

describe('a socket that takes nothing', () => {
  test('is given up while there still is time to disconnect it', async () => {
    let requests = 0
    const server = createServer(() => {
      requests += 1
    })
    afterAll(() => server.close().closeAllConnections())
    const config = await listening(server)
    const sending = apiGatewaySockets(sockets(config)).send('c', { type: 'pong', server_time: 'now' })
    await expect(sending).rejects.toMatchObject({ code: 'storage_unavailable' })
    expect(requests).toBe(2)
  }, 30_000)
})

describe('a service that is away', () => {
  test('is an error of ours that says it may pass, and keeps the cause', async () => {
    const server = createServer()
    const { endpoint, ...identity } = await listening(server)
    server.close()
    await once(server, 'close')
    const jobs = sqsJobs({ client: sqs({ endpoint, ...identity }), queueUrls: { high: `${endpoint}/000000000000/q` } })
    await expect(jobs.send(aJob(), 'high')).rejects.toMatchObject({
      name: 'ImageError',
      code: 'storage_unavailable',
      message: 'SQSClient SendMessageCommand is not possible at the moment.',
      cause: { code: 'ECONNREFUSED' },
    })
  })

  test('that answers with a fault is one, too', async () => {
    const service = await serviceAnswering(503)
    const sending = apiGatewaySockets(sockets(service.config)).send('c', { type: 'pong', server_time: 'now' })
    await expect(sending).rejects.toMatchObject({ code: 'storage_unavailable' })
    expect(service.received).toHaveLength(2)
  })
})
