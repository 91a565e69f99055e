import { createHash } from 'node:crypto'
import type { SubscriptionModel } from '../model.ts'

/**
 * Queues that no template declares: what AWS keeps inside Lambda and SNS. They make asynchronous work survive a kill,
 * and show it to anybody who lists queues.
 */
const prefix = 'local-'

/** Asynchronous invocations of a function that have not succeeded yet. */
export function asynchronousQueueName(functionName: string): string {
  return `${prefix}async-${functionName}`
}

/** Notifications on their way to a subscribed function; bodies are SNS envelopes (raw delivery off). */
export function subscriptionQueueName(subscription: Pick<SubscriptionModel, 'topicArn' | 'functionArn'>): string {
  const functionName = subscription.functionArn.split(':').at(-1) ?? ''
  const pair = createHash('sha256').update(`${subscription.topicArn} ${subscription.functionArn}`).digest('hex')
  // A queue name has at most 80 characters.
  return `${prefix}sns-${functionName.slice(0, 61)}-${pair.slice(0, 8)}`
}

export function isAsynchronousQueue(queueName: string): boolean {
  return queueName.startsWith(`${prefix}async-`)
}

export function isInternalQueue(queueName: string): boolean {
  return queueName.startsWith(prefix)
}
