import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { EventSourceModel, FunctionModel } from '../model.ts'
import type { ComputeOptions } from './compute.ts'
import {
  aCompute,
  aFunction,
  anEventSource,
  aQueue,
  call,
  eventually,
  temporaryFolder,
} from './testing/compute-fixture.ts'
import { InMemoryMessaging } from './testing/in-memory-messaging.ts'

/** One queue, `jobs`, feeding one function. */
async function aSource(
  model: FunctionModel,
  source: Partial<EventSourceModel> = {},
  { visibilitySeconds = 30, ...options }: Partial<ComputeOptions> & { visibilitySeconds?: number } = {},
) {
  const messaging = new InMemoryMessaging(visibilitySeconds)
  const queue = aQueue('jobs', visibilitySeconds)
  const parts = { functions: [model], queues: [queue], eventSources: [anEventSource(model, queue, source)] }
  return { ...(await aCompute(parts, { ...options, messaging })), messaging, queue }
}

/** Writes each event into a folder, and fails as a message's body asks. */
function aRecorder(overrides: Partial<FunctionModel> = {}) {
  const folder = temporaryFolder()
  const code = `
    import { readdirSync, writeFileSync } from 'node:fs'
    export const handler = async (event, { awsRequestId }) => {
      writeFileSync(process.env.FOLDER + '/' + awsRequestId, '')
      console.log('EVENT ' + JSON.stringify(event))
      const bodies = event.Records.map(({ body }) => body)
      if (bodies.includes('throw')) throw new Error('asked to')
      if (bodies.includes('once') && event.Records[0].attributes.ApproximateReceiveCount === '1') throw new Error('once')
      return { batchItemFailures: event.Records.filter(({ body }) => body === 'fail').map(({ messageId }) => ({ itemIdentifier: messageId })) }
    }`
  const model = aFunction(code, { environment: { FOLDER: folder }, ...overrides })
  return { model, invocations: () => readdirSync(folder).length }
}

function eventsIn(log: string) {
  return [...log.matchAll(/^EVENT (.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''))
}

describe('an SQS event source', () => {
  it('invokes the function with records as Lambda shapes them, and deletes the message', async () => {
    const { model } = aRecorder()
    const { messaging, log } = await aSource(model)
    const attributes = {
      trace: { dataType: 'String', stringValue: 'abc' },
      seal: { dataType: 'Binary', binaryValue: 'AAE=' },
    }
    const messageId = await messaging.send('jobs', 'photo', { attributes })
    await eventually(() => expect(messaging.deleted).toEqual([messageId]))
    await eventually(() => expect(log('subject')).toContain('END'))
    const [event] = eventsIn(log('subject'))
    expect(event.Records).toEqual([
      {
        messageId,
        receiptHandle: expect.any(String),
        body: 'photo',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: expect.any(String),
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        },
        messageAttributes: {
          trace: { stringValue: 'abc', stringListValues: [], binaryListValues: [], dataType: 'String' },
          seal: { binaryValue: 'AAE=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
        },
        md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:jobs',
        awsRegion: 'us-east-1',
      },
    ])
  })

  it('gathers a batch within its window', async () => {
    const { model, invocations } = aRecorder()
    const { messaging } = await aSource(model, { batchSize: 25, maximumBatchingWindowSeconds: 5 })
    for (let index = 0; index < 25; index++) await messaging.send('jobs', `photo ${index}`)
    await eventually(() => expect(messaging.deleted).toHaveLength(25))
    expect(invocations()).toBe(1)
  })

  it('delivers again after the visibility time-out when the function has failed', async () => {
    const { model, invocations } = aRecorder()
    const { messaging, log } = await aSource(model, {}, { visibilitySeconds: 1 })
    const messageId = await messaging.send('jobs', 'once')
    await eventually(() => expect(messaging.deleted).toEqual([messageId]))
    expect(invocations()).toBe(2)
    await eventually(() => expect(eventsIn(log('subject'))).toHaveLength(2))
    const counts = eventsIn(log('subject')).map(({ Records }) => Records[0].attributes.ApproximateReceiveCount)
    expect(counts).toEqual(['1', '2'])
  })

  it('deletes only what has succeeded of a batch, if the event source reports failures by item', async () => {
    const { model, invocations } = aRecorder()
    const { messaging } = await aSource(model, {
      batchSize: 3,
      maximumBatchingWindowSeconds: 5,
      reportBatchItemFailures: true,
    })
    for (const body of ['good', 'fail', 'better']) await messaging.send('jobs', body)
    await eventually(() => expect(messaging.deleted).toHaveLength(2))
    expect(invocations()).toBe(1)
    expect(messaging.bodies('jobs')).toEqual(['fail'])
  })

  it('deletes all of a batch without that, whatever the function returns', async () => {
    const { model } = aRecorder()
    const { messaging } = await aSource(model, { batchSize: 2, maximumBatchingWindowSeconds: 5 })
    for (const body of ['good', 'fail']) await messaging.send('jobs', body)
    await eventually(() => expect(messaging.deleted).toHaveLength(2))
  })

  it('never runs more than its maximum concurrency, and leaves the rest visible in the queue', async () => {
    const waiting: (() => void)[] = []
    const { model } = aRecorder()
    const { compute, messaging } = await aSource(
      model,
      { maximumConcurrency: 2 },
      {
        hook: ({ phase }) => {
          if (phase === 'before-invocation') return new Promise<void>((resolve) => waiting.push(resolve))
        },
      },
    )
    for (let index = 0; index < 12; index++) await messaging.send('jobs', `photo ${index}`)
    for (let done = 0; done < 12; done += 2) {
      await eventually(() => expect(waiting).toHaveLength(2))
      expect(await messaging.counts('jobs')).toMatchObject({ inFlight: 2, visible: 10 - done })
      for (const resume of waiting.splice(0)) resume()
      await eventually(() => expect(messaging.deleted).toHaveLength(done + 2))
    }
    expect(compute.statistics()).toMatchObject({ subject: { invocations: 12, peakConcurrency: 2 } })
  })

  it('waits for the reserved concurrency in the queue, not in memory, and blocks no other queue', async () => {
    const { promise, resolve: resume } = Promise.withResolvers<void>()
    const slow = {
      ...aRecorder({ reservedConcurrency: 1 }).model,
      name: 'slow',
      arn: 'arn:aws:lambda:us-east-1:0:function:slow',
    }
    const quick = { ...aRecorder().model, name: 'quick', arn: 'arn:aws:lambda:us-east-1:0:function:quick' }
    const messaging = new InMemoryMessaging()
    const [busy, free] = [aQueue('busy'), aQueue('free')]
    const { compute } = await aCompute(
      {
        functions: [slow, quick],
        queues: [busy, free],
        eventSources: [anEventSource(slow, busy), anEventSource(quick, free)],
      },
      { messaging, hook: (moment) => (moment.function === 'slow' ? promise : undefined) },
    )
    for (let index = 0; index < 3; index++) await messaging.send('busy', `photo ${index}`)
    await eventually(async () => expect((await messaging.counts('busy')).inFlight).toBe(1))
    for (let index = 0; index < 3; index++) await messaging.send('free', `photo ${index}`)
    await eventually(() => expect(messaging.deleted).toHaveLength(3))
    expect(await messaging.counts('busy')).toMatchObject({ inFlight: 1, visible: 2 })
    resume()
    await eventually(() => expect(messaging.deleted).toHaveLength(6))
    expect(compute.statistics()).toMatchObject({ slow: { peakConcurrency: 1, throttles: 0 } })
  })

  it('keeps the message when the hook fails before the acknowledgement', async () => {
    const { model, invocations } = aRecorder()
    let failures = 1
    const { messaging, log } = await aSource(
      model,
      {},
      {
        visibilitySeconds: 1,
        hook: ({ phase }) => {
          if (phase === 'before-acknowledgement' && failures-- > 0) throw new Error('injected')
        },
      },
    )
    await messaging.send('jobs', 'photo')
    await eventually(() => expect(messaging.deleted).toHaveLength(1))
    expect(invocations()).toBe(2)
    await eventually(() => expect(log('_compute')).toContain('messages of jobs: Error: injected'))
  })

  it('stops polling at once, finishes what is running and takes nothing more', async () => {
    const { promise, resolve: resume } = Promise.withResolvers<void>()
    const { model } = aRecorder()
    let begun = 0
    const { compute, messaging } = await aSource(
      model,
      { maximumConcurrency: 2 },
      {
        hook: ({ phase }) => {
          if (phase !== 'before-invocation') return
          begun++
          return promise
        },
      },
    )
    for (let index = 0; index < 4; index++) await messaging.send('jobs', `photo ${index}`)
    await eventually(() => expect(begun).toBe(2))
    const stopped = compute.stop()
    resume()
    await stopped
    expect(messaging.deleted).toHaveLength(2)
    expect(await messaging.counts('jobs')).toMatchObject({ visible: 2, inFlight: 0 })
    await expect(call(compute)).rejects.toThrow()
  })
})
