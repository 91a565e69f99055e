import type { SNSEvent } from 'aws-lambda'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { outputOf } from './testing/captured-output.ts'
import { lambdaContext } from './testing/lambda-context.ts'
import { topicHandler } from './topic.ts'

const schema = z.object({ name: z.string(), correlation_id: z.string() })

function published(...messages: string[]): SNSEvent {
  return {
    Records: messages.map((Message, index) => ({
      EventVersion: '1.0',
      EventSubscriptionArn: 'arn',
      EventSource: 'aws:sns',
      Sns: {
        Message,
        MessageId: `message-${index}`,
        MessageAttributes: {},
        Signature: '',
        SignatureVersion: '1',
        SigningCertUrl: '',
        Subject: '',
        Timestamp: '',
        TopicArn: 'arn',
        Type: 'Notification',
        UnsubscribeUrl: '',
      },
    })),
  }
}
const message = (name: string) => JSON.stringify({ name, correlation_id: `upload-${name}` })

test('hands over messages in order, each with its correlation id', async () => {
  const handled: string[] = []
  const handler = topicHandler(schema, async ({ name }, { logger }) => {
    handled.push(name)
    logger.info(`handling ${name}`)
  })
  const output = await outputOf(() => handler(published(message('a'), message('b')), lambdaContext()))
  expect(handled).toEqual(['a', 'b'])
  expect(output).toContain('"correlation_id":"upload-b"')
})

test('fails for a message of another shape, so that it reaches the failure destination', async () => {
  const handler = topicHandler(schema, async () => undefined)
  const output = await outputOf(() => expect(handler(published('{"name":1}'), lambdaContext())).rejects.toThrow())
  expect(output).toContain('MessageUnreadable')
})

test('fails with what the handler throws', async () => {
  const handler = topicHandler(schema, () => Promise.reject(new Error('table is away')))
  await outputOf(() => expect(handler(published(message('a')), lambdaContext())).rejects.toThrow('table is away'))
})
