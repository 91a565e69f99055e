import type { SQSBatchResponse } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { type MessageOutcome, queueHandler } from './queue.ts'
import { outputOf } from './testing/captured-output.ts'
import { lambdaContext } from './testing/lambda-context.ts'

const schema = z.strictObject({ name: z.string(), correlation_id: z.string() })
const queueArn = 'arn:aws:sqs:us-east-1:000000000000:jobs-high'

function record(name: string, change: { body?: string; receiveCount?: number; receiptHandle?: string } = {}) {
  return {
    messageId: `message-${name}`,
    receiptHandle: `receipt-${name}`,
    body: JSON.stringify({ name, correlation_id: `upload-${name}` }),
    attributes: { ApproximateReceiveCount: String(change.receiveCount ?? 1) },
    eventSourceARN: queueArn,
    ...change,
  }
}

/** As it arrives by a direct invocation. */
function withoutReceipt({ receiptHandle: _none, ...rest }: ReturnType<typeof record>) {
  return rest
}

function setUp(outcomes: Record<string, MessageOutcome | Error>) {
  const changes: [queueArn: string, receiptHandle: string, seconds: number][] = []
  const handled: string[] = []
  const handler = queueHandler(
    { schema, visibility: { change: async (...change) => void changes.push(change) } },
    async ({ name }, { logger, remainingMs }) => {
      handled.push(name)
      logger.info(`handling with ${remainingMs()} ms to go`)
      const outcome = outcomes[name] ?? { kind: 'done' }
      if (outcome instanceof Error) throw outcome
      return outcome
    },
  )
  async function deliver(...records: Parameters<typeof handler>[0]['Records']) {
    const answer: { result?: SQSBatchResponse; error?: unknown } = {}
    const output = await outputOf(async () => {
      try {
        answer.result = await handler({ Records: records }, lambdaContext())
      } catch (error) {
        answer.error = error
      }
    })
    return { ...answer, output, failed: answer.result?.batchItemFailures.map((item) => item.itemIdentifier) }
  }
  return { deliver, handled, changes }
}

test('acknowledges what is done', async () => {
  const { deliver, handled, changes } = setUp({})
  const { failed, output } = await deliver(record('a'))
  expect(failed).toEqual([])
  expect(handled).toEqual(['a'])
  expect(changes).toEqual([])
  expect(output).toMatch(/30000 ms to go.*"correlation_id":"upload-a"|"correlation_id":"upload-a".*30000 ms to go/)
})

test('settles records apart', async () => {
  const { deliver, handled } = setUp({ b: new Error('no'), c: { kind: 'retry', afterSeconds: 30 } })
  const { failed } = await deliver(record('a'), record('b'), record('c'), record('d'))
  expect(failed).toEqual(['message-b', 'message-c'])
  expect(handled).toEqual(['a', 'b', 'c', 'd'])
})

test('sets the time of the next delivery when the handler asks for one', async () => {
  const { deliver, changes } = setUp({ a: { kind: 'retry', afterSeconds: 42 } })
  const { output } = await deliver(record('a'))
  expect(changes).toEqual([[queueArn, 'receipt-a', 42]])
  expect(output).toContain('MessageRetried')
})

test('backs off after a failure that nobody foresaw, and says what it was', async () => {
  const { deliver, changes } = setUp({ a: new TypeError('x is undefined') })
  const { output } = await deliver(record('a', { receiveCount: 3 }))
  const seconds = changes[0]?.[2] ?? Number.NaN
  expect(seconds).toBeGreaterThanOrEqual(1)
  expect(seconds).toBeLessThanOrEqual(20)
  expect(output).toContain('x is undefined')
  expect(output).toContain('MessageFailed')
})

test('still reports a record whose next delivery could not be set', async () => {
  const handler = queueHandler(
    { schema, visibility: { change: () => Promise.reject(new Error('throttled')) } },
    async () => ({ kind: 'retry', afterSeconds: 5 }),
  )
  const answer: { result?: SQSBatchResponse } = {}
  await outputOf(async () => {
    answer.result = await handler({ Records: [record('a')] }, lambdaContext())
  })
  expect(answer.result?.batchItemFailures).toEqual([{ itemIdentifier: 'message-a' }])
})

test.each([
  ['text that is not JSON', '{'],
  ['another shape', '{"name":"a","correlation_id":"c","extra":1}'],
])('leaves %s to the dead letters without handling or postponing it', async (_what, body) => {
  const { deliver, handled, changes } = setUp({})
  const { failed, output } = await deliver(record('a', { body }), record('b'))
  expect(failed).toEqual(['message-a'])
  expect(handled).toEqual(['b'])
  expect(changes).toEqual([])
  expect(output).toContain('MessageUnreadable')
})

test('makes a direct invocation fail when the message has to come again', async () => {
  const { deliver, changes } = setUp({ a: { kind: 'retry', afterSeconds: 30 } })
  const { error, result } = await deliver(withoutReceipt(record('a')))
  expect(result).toBeUndefined()
  expect(error).toMatchObject({ name: 'RetryRequested' })
  expect(changes).toEqual([])
})

test('delivers again what somebody else holds, if it came from a queue', async () => {
  const { deliver, changes } = setUp({ a: { kind: 'held', afterSeconds: 30 } })
  const { failed } = await deliver(record('a'))
  expect(failed).toEqual(['message-a'])
  expect(changes).toEqual([[queueArn, 'receipt-a', 30]])
})

describe('a direct invocation that finds somebody else at work', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('looks again until that is done, for it may be that nobody else tells of it', async () => {
    const outcomes: Record<string, MessageOutcome> = { a: { kind: 'held', afterSeconds: 30 } }
    const { deliver, handled } = setUp(outcomes)
    const delivery = deliver(withoutReceipt(record('a')))
    await vi.advanceTimersByTimeAsync(3_500)
    outcomes.a = { kind: 'done' }
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await delivery).toMatchObject({ failed: [] })
    expect(handled).toHaveLength(5)
  })

  test('ends quietly when that takes long: its retries are few', async () => {
    const { deliver, handled } = setUp({ a: { kind: 'held', afterSeconds: 30 } })
    const delivery = deliver(withoutReceipt(record('a')))
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await delivery).toMatchObject({ failed: [] })
    expect(handled).toHaveLength(16)
  })
})

test('makes a direct invocation fail with what the handler threw', async () => {
  const { deliver } = setUp({ a: new TypeError('x is undefined') })
  expect((await deliver(withoutReceipt(record('a')))).error).toBeInstanceOf(TypeError)
})

test('answers a direct invocation that is done', async () => {
  const { deliver } = setUp({})
  expect((await deliver(withoutReceipt(record('a')))).failed).toEqual([])
})
