import type { CloudModel, FunctionModel, QueueModel, SubscriptionModel } from '../../model.ts'
import { accountId, arn, region } from '../../template/account.ts'
import { asynchronousQueueName, isInternalQueue, subscriptionQueueName } from '../internal-queues.ts'
import type { SnsStore, SqsStore } from './stores.ts'

type MessagingModel = Pick<CloudModel, 'queues' | 'topics' | 'subscriptions' | 'functions'>

/** Brings queues, topics and subscriptions to what the template declares; messages stay where they are. */
export function provisionMessaging(
  sqsStore: SqsStore,
  snsStore: SnsStore,
  model: MessagingModel,
  endpointUrl: string,
): void {
  for (const queue of model.queues) provisionQueue(sqsStore, queue.name, endpointUrl, attributesOf(queue))
  for (const { name, timeoutSeconds } of model.functions) {
    provisionInternalQueue(sqsStore, asynchronousQueueName(name), timeoutSeconds, endpointUrl)
  }
  for (const topic of model.topics) snsStore.createTopic(topic.name, undefined, undefined, region)
  dropForeignSubscriptions(snsStore, model.subscriptions)
  for (const subscription of model.subscriptions) {
    provisionInternalQueue(
      sqsStore,
      subscriptionQueueName(subscription),
      subscriberTimeout(model.functions, subscription),
      endpointUrl,
    )
    provisionSubscription(snsStore, subscription)
  }
}

function attributesOf(queue: QueueModel): Record<string, string> {
  return {
    VisibilityTimeout: String(queue.visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(queue.retentionSeconds),
    DelaySeconds: String(queue.delaySeconds),
    // Empty removes it.
    RedrivePolicy:
      queue.redrive === null
        ? ''
        : JSON.stringify({
            deadLetterTargetArn: queue.redrive.deadLetterQueueArn,
            maxReceiveCount: queue.redrive.maxReceiveCount,
          }),
  }
}

function provisionInternalQueue(store: SqsStore, name: string, timeoutSeconds: number, endpointUrl: string): void {
  // The same room for retries that AWS advises for a function's event source.
  provisionQueue(store, name, endpointUrl, { VisibilityTimeout: String(6 * timeoutSeconds) })
}

function provisionQueue(store: SqsStore, name: string, endpointUrl: string, attributes: Record<string, string>): void {
  const queue =
    store.getQueueByName(name) ?? store.createQueue(name, `${endpointUrl}/${accountId}/${name}`, arn('sqs', name))
  const current = (attribute: string) => queue.attributes[attribute] ?? ''
  if (Object.entries(attributes).some(([attribute, value]) => current(attribute) !== value)) {
    queue.setAttributes(attributes)
  }
}

function subscriberTimeout(functions: readonly FunctionModel[], { functionArn }: SubscriptionModel): number {
  const subscriber = functions.find((candidate) => candidate.arn === functionArn)
  if (subscriber === undefined) throw new Error(`The subscribed function ${functionArn} is not in the template.`)
  return subscriber.timeoutSeconds
}

/** Subscriptions of earlier templates would fill queues that nobody reads any more. */
function dropForeignSubscriptions(store: SnsStore, declared: readonly SubscriptionModel[]): void {
  const wanted = new Set(declared.map((subscription) => `${subscription.topicArn} ${endpointOf(subscription)}`))
  for (const { arn: subscriptionArn, topicArn, endpoint } of [...store.subscriptions.values()]) {
    const queueName = endpoint.split(':').at(-1) ?? ''
    if (isInternalQueue(queueName) && !wanted.has(`${topicArn} ${endpoint}`)) store.unsubscribe(subscriptionArn)
  }
}

function provisionSubscription(store: SnsStore, subscription: SubscriptionModel): void {
  const { topicArn, filterPolicy } = subscription
  const attributes = {
    RawMessageDelivery: 'false',
    ...(filterPolicy !== null && { FilterPolicy: JSON.stringify(filterPolicy) }),
  }
  const endpoint = endpointOf(subscription)
  const existing = [...store.subscriptions.values()].find(
    (candidate) => candidate.topicArn === topicArn && candidate.endpoint === endpoint,
  )
  if (existing !== undefined && JSON.stringify(existing.attributes) === JSON.stringify(attributes)) return
  if (existing !== undefined) store.unsubscribe(existing.arn)
  if (store.subscribe(topicArn, 'sqs', endpoint, attributes) === undefined) {
    throw new Error(`The topic ${topicArn} of a subscription is not in the template.`)
  }
}

function endpointOf(subscription: SubscriptionModel): string {
  return arn('sqs', subscriptionQueueName(subscription))
}
