import { ListSubscriptionsByTopicCommand, PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../client/eventually.ts'
import { arn } from '../../template/account.ts'
import { asynchronousQueueName, subscriptionQueueName } from '../internal-queues.ts'
import type { Messaging } from '../messaging-port.ts'
import { noHooks } from '../service.ts'
import { cloudModel, queue } from '../testing/cloud-model.ts'
import { startServicesUnderTest } from '../testing/services-under-test.ts'

const never = new AbortController().signal
const notifyQueue = subscriptionQueueName({
  topicArn: arn('sns', 'updates'),
  functionArn: arn('lambda', 'function:notify'),
})

async function queuesUnderTest(model = cloudModel) {
  const services = await startServicesUnderTest({ model })
  const sqs = new SQSClient(services.client)
  const sns = new SNSClient(services.client)
  const QueueUrl = `${services.url}/000000000000/jobs`
  return { services, sqs, sns, QueueUrl, messaging: services.messaging }
}

const takeOne = async (messaging: Messaging, name: string, visibilitySeconds: number | null = null, waitMs = 0) => {
  const [message] = await messaging.receive(name, { max: 1, waitMs, visibilitySeconds }, never)
  return message ?? null
}

describe('SQS', () => {
  test('sends, receives, hides and deletes', async () => {
    const { sqs, QueueUrl, messaging } = await queuesUnderTest()
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: 'jobs' }))).QueueUrl).toBe(QueueUrl)
    const MessageAttributes = { trace: { DataType: 'String', StringValue: 'abc' } }
    const { MessageId } = await sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: '{"a":"ü"}', MessageAttributes }),
    )
    const received = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'], MessageAttributeNames: ['All'] }),
    )
    const [message] = received.Messages ?? []
    expect(message).toMatchObject({ MessageId, Body: '{"a":"ü"}', MessageAttributes })
    expect(message?.Attributes).toMatchObject({ ApproximateReceiveCount: '1' })
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined()
    expect(await messaging.counts('jobs')).toEqual({ visible: 0, inFlight: 1, delayed: 0 })
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }))
    expect(await messaging.counts('jobs')).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
  })

  test('releases a message at once, and keeps it over a restart', async () => {
    const { services, sqs, QueueUrl } = await queuesUnderTest()
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'precious' }))
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }))
    const ReceiptHandle = Messages?.[0]?.ReceiptHandle
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }))
    const again = await services.restart()
    expect(await takeOne(again.messaging, 'jobs')).toMatchObject({
      body: 'precious',
      attributes: { ApproximateReceiveCount: '2' },
    })
  })

  test('answers a long poll as soon as there is a message', async () => {
    const { sqs, QueueUrl } = await queuesUnderTest()
    const poll = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
    expect((await poll).Messages?.[0]?.Body).toBe('x')
  })

  test('keeps no message for a long poll whose caller has gone', async () => {
    const arrived = Promise.withResolvers<void>()
    const { client, url, messaging } = await startServicesUnderTest({
      hooks: {
        ...noHooks,
        before: async ({ operation }) => {
          if (operation === 'ReceiveMessage') arrived.resolve()
        },
      },
    })
    const sqs = new SQSClient(client)
    const QueueUrl = `${url}/000000000000/jobs`
    const abort = new AbortController()
    const poll = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), { abortSignal: abort.signal })
    const outcome = poll.catch((error) => error.name)
    await arrived.promise
    abort.abort()
    expect(await outcome).toBe('AbortError')
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
    await eventually(
      'the message to be visible',
      async () => ((await messaging.counts('jobs')).visible === 1 ? true : null),
      5000,
    )
  })

  test('moves a message that was received too often to its dead-letter queue', async () => {
    const { messaging } = await queuesUnderTest()
    await messaging.send('jobs', 'poison')
    for (let attempt = 1; attempt <= 2; attempt++) {
      const message = await takeOne(messaging, 'jobs')
      expect(message?.attributes.ApproximateReceiveCount).toBe(String(attempt))
      await messaging.changeVisibility('jobs', message?.receiptHandle ?? '', 0)
    }
    expect(await takeOne(messaging, 'jobs')).toBeNull()
    expect(await takeOne(messaging, 'jobs-dead')).toMatchObject({ body: 'poison' })
  })

  test('has the attributes of the template, also after they change', async () => {
    const { services, sqs, QueueUrl } = await queuesUnderTest()
    const attributes = async (client: SQSClient, url: string) =>
      (await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }))).Attributes
    expect(await attributes(sqs, QueueUrl)).toMatchObject({
      QueueArn: arn('sqs', 'jobs'),
      VisibilityTimeout: '30',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn('sqs', 'jobs-dead'), maxReceiveCount: 2 }),
    })
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'stays' }))
    const changed = await services.restart((url) =>
      cloudModel(url, { queues: [queue(url, 'jobs', { visibilityTimeoutSeconds: 60, delaySeconds: 5 })] }),
    )
    const after = new SQSClient(changed.client)
    const { QueueUrl: url } = await after.send(new GetQueueUrlCommand({ QueueName: 'jobs' }))
    expect(url).toBe(`${changed.url}/000000000000/jobs`)
    const now = await attributes(after, url ?? '')
    expect(now).toMatchObject({ VisibilityTimeout: '60', DelaySeconds: '5', ApproximateNumberOfMessages: '1' })
    expect(now?.RedrivePolicy).toBeUndefined()
  })

  test('refuses what SQS refuses', async () => {
    const { sqs, services, QueueUrl } = await queuesUnderTest()
    const code = (command: object) => sqs.send(command as SendMessageCommand).catch((error) => error.name)
    const elsewhere = `${services.url}/000000000000/none`
    expect(await code(new SendMessageCommand({ QueueUrl: elsewhere, MessageBody: 'x' }))).toBe('QueueDoesNotExist')
    const tooLong = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 21 })
    expect(await code(tooLong)).toMatch(/InvalidParameterValue$/)
    const tooLarge = new SendMessageCommand({ QueueUrl, MessageBody: 'x'.repeat(1_048_577) })
    expect(await code(tooLarge)).toMatch(/InvalidParameterValue$/)
    const stale = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: 'stale', VisibilityTimeout: 5 })
    expect(await code(stale)).toMatch(/MessageNotInflight$/)
  })

  test('makes queues that survive, with a URL at the address of the caller', async () => {
    const { services, sqs } = await queuesUnderTest()
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'extra' }))
    expect(QueueUrl).toBe(`${services.url}/000000000000/extra`)
    const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: Id }))
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
    const { messaging } = await services.restart()
    expect(await messaging.counts('extra')).toMatchObject({ visible: 2 })
  })
})

describe('the in-process interface', () => {
  test('waits for a message, and stops waiting when its caller does', async () => {
    const { messaging } = await queuesUnderTest()
    const poll = takeOne(messaging, 'jobs', null, 30_000)
    await messaging.send('jobs', 'x', {
      attributes: {
        text: { dataType: 'String', stringValue: 'a' },
        bytes: { dataType: 'Binary', binaryValue: 'AAE=' },
      },
    })
    expect(await poll).toMatchObject({
      body: 'x',
      messageAttributes: {
        text: { dataType: 'String', stringValue: 'a' },
        bytes: { dataType: 'Binary', binaryValue: 'AAE=' },
      },
    })
    const abort = new AbortController()
    const given = messaging.receive('jobs', { max: 1, waitMs: 30_000, visibilitySeconds: null }, abort.signal)
    abort.abort()
    expect(await given).toEqual([])
    await messaging.send('jobs', 'y')
    expect(await messaging.counts('jobs')).toMatchObject({ visible: 1, inFlight: 1 })
  })

  test('shares the messages out among receivers without giving one twice', async () => {
    const { messaging } = await queuesUnderTest()
    const receivers = Array.from({ length: 4 }, () =>
      messaging.receive('jobs', { max: 1, waitMs: 30_000, visibilitySeconds: 60 }, never),
    )
    for (let index = 0; index < 4; index++) await messaging.send('jobs', String(index))
    const bodies = (await Promise.all(receivers)).flat().map((message) => message.body)
    expect(bodies.sort()).toEqual(['0', '1', '2', '3'])
  })

  test('shows a hidden message again when its time is over', async () => {
    const { messaging } = await queuesUnderTest()
    await messaging.send('jobs', 'x')
    const first = await takeOne(messaging, 'jobs', 1)
    const second = await takeOne(messaging, 'jobs', 1, 10_000)
    expect(second).toMatchObject({ messageId: first?.messageId, attributes: { ApproximateReceiveCount: '2' } })
    expect(second?.receiptHandle).not.toBe(first?.receiptHandle)
    await messaging.delete('jobs', first?.receiptHandle ?? '')
    expect(await messaging.counts('jobs')).toMatchObject({ inFlight: 1 })
  })

  test('delays a message', async () => {
    const { messaging } = await queuesUnderTest()
    await messaging.send('jobs', 'x', { delaySeconds: 1 })
    expect(await messaging.counts('jobs')).toEqual({ visible: 0, inFlight: 0, delayed: 1 })
    expect(await takeOne(messaging, 'jobs')).toBeNull()
    expect(await takeOne(messaging, 'jobs', null, 10_000)).toMatchObject({ body: 'x' })
  })

  test('knows no other queues', async () => {
    const { messaging } = await queuesUnderTest()
    for (const call of [messaging.send('none', 'x'), messaging.counts('none'), messaging.delete('none', 'x')]) {
      await expect(call).rejects.toMatchObject({ name: 'UnknownQueue', message: expect.stringContaining('none') })
    }
    expect(await messaging.counts(asynchronousQueueName('process-image'))).toMatchObject({ visible: 0 })
  })

  test('ends every wait when the services stop', async () => {
    const { services, messaging } = await queuesUnderTest()
    const poll = messaging.receive('jobs', { max: 1, waitMs: 60_000, visibilitySeconds: null }, never)
    await services.stop()
    expect(await poll).toEqual([])
  })
})

describe('SNS', () => {
  const TopicArn = arn('sns', 'updates')
  const typed = (type: string) => ({ type: { DataType: 'String', StringValue: type } })

  test('brings what the filter lets through to the queue of the subscribed function', async () => {
    const { sns, messaging } = await queuesUnderTest()
    await sns.send(new PublishCommand({ TopicArn, Message: 'other', MessageAttributes: typed('image:deleted') }))
    const { MessageId } = await sns.send(
      new PublishCommand({ TopicArn, Message: '{"a":"ü"}', MessageAttributes: typed('image:created') }),
    )
    const message = await takeOne(messaging, notifyQueue)
    expect(JSON.parse(message?.body ?? '')).toMatchObject({
      Type: 'Notification',
      MessageId,
      TopicArn,
      Message: '{"a":"ü"}',
      MessageAttributes: { type: { Type: 'String', Value: 'image:created' } },
    })
    expect(await takeOne(messaging, notifyQueue)).toBeNull()
  })

  test('publishes batches and refuses unknown topics', async () => {
    const { sns, messaging } = await queuesUnderTest()
    const PublishBatchRequestEntries = ['a', 'b'].map((Id) => ({
      Id,
      Message: Id,
      MessageAttributes: typed('image:created'),
    }))
    const result = await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }))
    expect(result.Successful).toHaveLength(2)
    expect(await messaging.counts(notifyQueue)).toMatchObject({ visible: 2 })
    const unknown = new PublishCommand({ TopicArn: arn('sns', 'none'), Message: 'x' })
    await expect(sns.send(unknown)).rejects.toMatchObject({ name: 'NotFoundException' })
  })

  test('follows the template when its filter changes or the subscription goes', async () => {
    const { services } = await queuesUnderTest()
    const subscriptions = async (running: typeof services) => {
      const sns = new SNSClient(running.client)
      return (await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions ?? []
    }
    const [before] = await subscriptions(services)
    const same = await services.restart()
    expect(await subscriptions(same)).toEqual([before])
    const open = await same.restart((url) => {
      const model = cloudModel(url)
      return { ...model, subscriptions: model.subscriptions.map((each) => ({ ...each, filterPolicy: null })) }
    })
    await new SNSClient(open.client).send(new PublishCommand({ TopicArn, Message: 'anything' }))
    await eventually('the notification', () => takeOne(open.messaging, notifyQueue))
    const without = await open.restart((url) => cloudModel(url, { subscriptions: [] }))
    expect(await subscriptions(without)).toEqual([])
  })
})
