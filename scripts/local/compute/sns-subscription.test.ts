import { describe, expect, it } from 'vitest'
import { subscriptionQueueName } from '../services/internal-queues.ts'
import { aCompute, aFunction, aQueue, eventually, functionArn, temporaryFolder } from './testing/compute-fixture.ts'

const topicArn = 'arn:aws:sns:us-east-1:000000000000:updates'
const subscription = { topicArn, functionArn: functionArn('subject'), filterPolicy: null }
const queueName = subscriptionQueueName(subscription)

function envelope(message: string) {
  return {
    Type: 'Notification',
    MessageId: `id of ${message}`,
    TopicArn: topicArn,
    Message: message,
    Timestamp: '2026-11-23T10:00:00.000Z',
    SignatureVersion: '1',
    Signature: 'c2lnbmVk',
    SigningCertURL: 'http://127.0.0.1:1/cert.pem',
    UnsubscribeURL: `http://127.0.0.1:1/?Action=Unsubscribe&SubscriptionArn=${topicArn}:1234`,
    MessageAttributes: { type: { Type: 'String', Value: 'image:created' } },
  }
}

/**
 * Logs every event; fails the first attempt at `once`, and every one at `never`. What is `together` waits until another
 * that is, too, is being worked on at the same time.
 */
const code = `
  import { existsSync, readdirSync, writeFileSync } from 'node:fs'
  import { setTimeout } from 'node:timers/promises'
  export const handler = async (event) => {
    console.log('EVENT ' + JSON.stringify(event))
    const { Message } = event.Records[0].Sns
    const marker = process.env.FOLDER + '/seen-' + Message
    const seen = existsSync(marker)
    writeFileSync(marker, '')
    const together = () => readdirSync(process.env.FOLDER).filter((name) => name.includes('together')).length
    while (Message.startsWith('together') && together() < 2) await setTimeout(10)
    if (Message === 'never' || (Message === 'once' && !seen)) throw new Error('not ' + Message)
  }`

async function aSubscription(maximumRetryAttempts = 2) {
  const failed = aQueue('failed')
  const environment = { FOLDER: temporaryFolder() }
  const model = aFunction(code, { environment, maximumRetryAttempts, onFailureQueueArn: failed.arn })
  const parts = { functions: [model], queues: [failed], subscriptions: [subscription] }
  const started = await aCompute(parts)
  const publish = (message: string) => started.messaging.send(queueName, JSON.stringify(envelope(message)))
  const events = () => [...started.log('subject').matchAll(/^EVENT (.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''))
  return { ...started, publish, events }
}

describe('a subscription of a function to a topic', () => {
  it('invokes the function with records as Lambda shapes them', async () => {
    const { publish, events } = await aSubscription()
    await publish('photo')
    await eventually(() => expect(events()).toHaveLength(1))
    expect(events()[0]).toEqual({
      Records: [
        {
          EventSource: 'aws:sns',
          EventVersion: '1.0',
          EventSubscriptionArn: `${topicArn}:1234`,
          Sns: {
            Type: 'Notification',
            MessageId: 'id of photo',
            TopicArn: topicArn,
            Subject: null,
            Message: 'photo',
            Timestamp: '2026-11-23T10:00:00.000Z',
            SignatureVersion: '1',
            Signature: 'c2lnbmVk',
            SigningCertUrl: 'http://127.0.0.1:1/cert.pem',
            UnsubscribeUrl: `http://127.0.0.1:1/?Action=Unsubscribe&SubscriptionArn=${topicArn}:1234`,
            MessageAttributes: { type: { Type: 'String', Value: 'image:created' } },
          },
        },
      ],
    })
  })

  it('works on several at the same time, and tries again what has failed', async () => {
    const { compute, messaging, publish, events } = await aSubscription()
    const messages = ['once', 'together 1', 'together 2']
    for (const message of messages) await publish(message)
    await eventually(() => expect(messaging.deleted).toHaveLength(messages.length))
    await eventually(() => expect(events()).toHaveLength(messages.length + 1))
    const seen = events().map(({ Records }) => Records[0].Sns.Message)
    expect(seen.toSorted()).toEqual(['once', ...messages])
    expect(compute.statistics().subject?.peakConcurrency).toBeGreaterThan(1)
  })

  it('gives up after the last attempt, tells the on-failure queue and goes on', async () => {
    const { messaging, publish, events } = await aSubscription(1)
    await publish('never')
    await publish('after')
    await eventually(() => expect(messaging.deleted).toHaveLength(2))
    await eventually(() => expect(events()).toHaveLength(3))
    expect(
      events()
        .map(({ Records }) => Records[0].Sns.Message)
        .toSorted(),
    ).toEqual(['after', 'never', 'never'])
    expect(messaging.bodies('failed').map((body) => JSON.parse(body))).toMatchObject([
      { requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 } },
    ])
  })
})
