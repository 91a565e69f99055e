import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { startServicesUnderTest } from '../services/testing/services-under-test.ts'
import type { Compute } from './compute.ts'
import {
  aCloud,
  aCompute,
  aFunction,
  anEventSource,
  aQueue,
  eventually,
  functionArn,
} from './testing/compute-fixture.ts'

const topic = { name: 'updates', arn: 'arn:aws:sns:us-east-1:000000000000:updates' }

const code = `export const handler = async (event) => {
  console.log('EVENT ' + JSON.stringify(event))
  if (event.Records?.[0].attributes?.ApproximateReceiveCount === '1') throw new Error('again, please')
}`

/** The queues, topics and API of the local cloud in front of one function, fed by all of them. */
async function aCloudWithServices() {
  const subject = aFunction(code)
  const jobs = aQueue('jobs', 1)
  const model = aCloud({
    functions: [subject],
    queues: [jobs],
    topics: [topic],
    subscriptions: [
      { topicArn: topic.arn, functionArn: functionArn('subject'), filterPolicy: { type: ['image:created'] } },
    ],
    eventSources: [anEventSource(subject, jobs)],
  })
  const running: { compute?: Compute } = {}
  const services = await startServicesUnderTest({
    model: () => model,
    handlers: {
      invoke: async (name, body, type) => {
        const result = await running.compute?.invoke(name, body.toString(), type)
        if (!result) throw new Error('The compute is not there yet.')
        return { status: result.statusCode, payload: Buffer.from(result.payload) }
      },
    },
  })
  const { compute, log } = await aCompute(model, { messaging: services.messaging })
  running.compute = compute
  const events = () => [...log('subject').matchAll(/^EVENT (.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''))
  return { compute, services, model, events, jobs }
}

describe('the compute behind the services', () => {
  it('delivers what is sent to a queue, again after its visibility time-out, until it succeeds', async () => {
    const { services, events, jobs } = await aCloudWithServices()
    const sqs = new SQSClient(services.client)
    const attributes = { trace: { DataType: 'String', StringValue: 'abc' } }
    const command = { QueueUrl: jobs.url, MessageBody: 'photo', MessageAttributes: attributes }
    const { MessageId } = await sqs.send(new SendMessageCommand(command))
    await eventually(() => expect(events()).toHaveLength(2))
    expect(events()[1].Records).toMatchObject([
      {
        messageId: MessageId,
        body: 'photo',
        attributes: { ApproximateReceiveCount: '2', SentTimestamp: expect.stringMatching(/^\d{13}$/) },
        messageAttributes: { trace: { dataType: 'String', stringValue: 'abc' } },
      },
    ])
    await eventually(async () =>
      expect(await services.messaging.counts('jobs')).toMatchObject({ visible: 0, inFlight: 0 }),
    )
  })

  it('delivers what is published and passes the filter', async () => {
    const { services, events } = await aCloudWithServices()
    const sns = new SNSClient(services.client)
    for (let index = 0; index < 12; index++) {
      const type = index % 4 === 3 ? 'image:deleted' : 'image:created'
      const attributes = { type: { DataType: 'String', StringValue: type } }
      const command = { TopicArn: topic.arn, Message: `${index}`, MessageAttributes: attributes }
      await sns.send(new PublishCommand(command))
    }
    await eventually(() => expect(events()).toHaveLength(9))
    const notifications = events().map(({ Records }) => Records[0].Sns)
    const passed = notifications.map(({ Message }) => Number(Message)).toSorted((a, b) => a - b)
    expect(passed).toEqual([0, 1, 2, 4, 5, 6, 8, 9, 10])
    expect(notifications[0]).toMatchObject({
      Type: 'Notification',
      TopicArn: topic.arn,
      MessageId: expect.any(String),
      Timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      Subject: null,
      MessageAttributes: { type: { Type: 'String', Value: 'image:created' } },
    })
  })

  it('accepts an asynchronous invocation of a megabyte, and keeps it over a restart', async () => {
    const { compute, services, model, events } = await aCloudWithServices()
    const lambda = new LambdaClient(services.client)
    await compute.stop()
    const payload = JSON.stringify({ text: 'x'.repeat(1024 * 1024 - 11) })
    const command = { FunctionName: 'subject', InvocationType: 'Event', Payload: Buffer.from(payload) } as const
    expect(await lambda.send(new InvokeCommand(command))).toMatchObject({ StatusCode: 202 })
    expect(events).toThrow()
    const again = await services.restart(() => model)
    const { log } = await aCompute(model, { messaging: again.messaging })
    await eventually(() => expect(log('subject')).toContain(`EVENT {"text":"xxx`))
  })
})
