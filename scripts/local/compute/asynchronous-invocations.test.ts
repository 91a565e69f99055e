import { describe, expect, it } from 'vitest'
import type { FunctionModel } from '../model.ts'
import { aCompute, aFunction, aQueue, eventually, temporaryFolder } from './testing/compute-fixture.ts'
import { InMemoryMessaging } from './testing/in-memory-messaging.ts'

const queueName = 'local-async-subject'

/** Fails the first `failures` attempts. */
function aStubborn(failures: number, overrides: Partial<FunctionModel> = {}) {
  const code = `
    import { appendFileSync, readFileSync } from 'node:fs'
    const file = process.env.FOLDER + '/attempts'
    export const handler = async (event, { awsRequestId }) => {
      appendFileSync(file, awsRequestId + '\\n')
      console.log('ATTEMPT ' + awsRequestId + ' ' + JSON.stringify(event))
      if (readFileSync(file, 'utf8').split('\\n').length - 1 <= ${failures}) throw new TypeError('not yet')
    }`
  return aFunction(code, { environment: { FOLDER: temporaryFolder() }, ...overrides })
}

const attemptsIn = (log: string) => [...log.matchAll(/^ATTEMPT (\S+) (.*)$/gm)].map(([, id, event]) => ({ id, event }))

describe('an asynchronous invocation', () => {
  it('is accepted at once and tried again, under the same request id, until it succeeds', async () => {
    const { compute, messaging, log } = await aCompute({ functions: [aStubborn(2)] })
    const result = await compute.invoke('subject', '{"photo":1}', 'Event')
    expect(result).toMatchObject({ statusCode: 202, functionError: null, payload: '' })
    await eventually(() => expect(messaging.deleted).toEqual([result.requestId]))
    await eventually(() => expect(attemptsIn(log('subject'))).toHaveLength(3))
    expect(new Set(attemptsIn(log('subject')).map(({ id }) => id))).toEqual(new Set([result.requestId]))
    expect(compute.statistics()).toMatchObject({ subject: { invocations: 3, errors: 2 } })
  })

  it('goes to the on-failure queue, as Lambda words it, after its last attempt', async () => {
    const queue = aQueue('failed')
    const model = aStubborn(9, { maximumRetryAttempts: 1, onFailureQueueArn: queue.arn })
    const { compute, messaging } = await aCompute({ functions: [model], queues: [queue] })
    const { requestId } = await compute.invoke('subject', '{"photo":1}', 'Event')
    await eventually(() => expect(messaging.bodies('failed')).toHaveLength(1))
    expect(JSON.parse(messaging.bodies('failed')[0] ?? '')).toEqual({
      version: '1.0',
      timestamp: expect.stringMatching(/Z$/),
      requestContext: {
        requestId,
        functionArn: `${model.arn}:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 2,
      },
      requestPayload: { photo: 1 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType: 'TypeError', errorMessage: 'not yet', trace: expect.any(Array) },
    })
    await eventually(() => expect(messaging.bodies(queueName)).toEqual([]))
    expect(compute.statistics()).toMatchObject({ subject: { invocations: 2 } })
  })

  it('takes a megabyte', async () => {
    const { compute, messaging } = await aCompute({ functions: [aStubborn(0)] })
    await compute.invoke('subject', JSON.stringify('x'.repeat(1024 * 1024 - 2)), 'Event')
    await eventually(() => expect(messaging.deleted).toHaveLength(1))
    expect(compute.statistics()).toMatchObject({ subject: { errors: 0 } })
  })

  it('survives the compute: what was accepted runs after the next start', async () => {
    const messaging = new InMemoryMessaging()
    const functions = [aStubborn(0)]
    const first = await aCompute({ functions }, { messaging })
    await first.compute.stop()
    const { requestId } = await first.compute.invoke('subject', '{}', 'Event')
    await aCompute({ functions }, { messaging })
    await eventually(() => expect(messaging.deleted).toEqual([requestId]))
  })

  it('is not counted as failed when the reserved concurrency makes it wait', async () => {
    const { promise, resolve: resume } = Promise.withResolvers<void>()
    const functions = [aStubborn(0, { reservedConcurrency: 1, maximumRetryAttempts: 0 })]
    const { compute, messaging } = await aCompute({ functions }, { hook: () => promise })
    for (let index = 0; index < 3; index++) await compute.invoke('subject', '{}', 'Event')
    await eventually(() => expect(compute.statistics()).toMatchObject({ subject: { running: 1 } }))
    resume()
    await eventually(() => expect(messaging.deleted).toHaveLength(3))
    expect(compute.statistics()).toMatchObject({ subject: { invocations: 3, errors: 0, peakConcurrency: 1 } })
  })
})
