import { z } from 'zod'
import type { EventSourceModel, QueueModel, ScheduleModel, SubscriptionModel, TopicModel } from '../../model.ts'
import { arn } from '../account.ts'
import { because, boolean, harmless, number } from '../properties.ts'
import type { Resources } from '../resources.ts'

const queue = z.strictObject({
  QueueName: z.string().optional(),
  VisibilityTimeout: number.default(30),
  MessageRetentionPeriod: number.default(345_600),
  DelaySeconds: number.default(0),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: number }).optional(),
  ReceiveMessageWaitTimeSeconds: harmless('it only saves empty answers'),
  RedriveAllowPolicy: harmless(because.permissions),
  KmsMasterKeyId: harmless(because.encryption),
  SqsManagedSseEnabled: harmless(because.encryption),
  Tags: harmless(because.tags),
})

export function readQueues(resources: Resources): readonly QueueModel[] {
  return resources.read('AWS::SQS::Queue', queue).map(({ ref, attributes, properties }) => ({
    name: attributes.QueueName ?? '',
    arn: attributes.Arn ?? '',
    url: ref,
    visibilityTimeoutSeconds: properties.VisibilityTimeout,
    retentionSeconds: properties.MessageRetentionPeriod,
    delaySeconds: properties.DelaySeconds,
    redrive: properties.RedrivePolicy
      ? {
          deadLetterQueueArn: properties.RedrivePolicy.deadLetterTargetArn,
          maxReceiveCount: properties.RedrivePolicy.maxReceiveCount,
        }
      : null,
  }))
}

const topic = z.strictObject({
  TopicName: z.string().optional(),
  DisplayName: harmless(because.description),
  KmsMasterKeyId: harmless(because.encryption),
  Tags: harmless(because.tags),
  TracingConfig: harmless(because.telemetry),
})

export function readTopics(resources: Resources): readonly TopicModel[] {
  return resources
    .read('AWS::SNS::Topic', topic)
    .map(({ ref, attributes }) => ({ name: attributes.TopicName ?? '', arn: ref }))
}

const subscription = z.strictObject({
  TopicArn: z.string(),
  Protocol: z.literal('lambda', 'Expected lambda: only functions can subscribe here'),
  Endpoint: z.string(),
  FilterPolicy: z.record(z.string(), z.unknown()).optional(),
  FilterPolicyScope: z.literal('MessageAttributes').optional(),
})

export function readSubscriptions(resources: Resources): readonly SubscriptionModel[] {
  return resources.read('AWS::SNS::Subscription', subscription).map(({ properties }) => ({
    topicArn: properties.TopicArn,
    functionArn: properties.Endpoint,
    filterPolicy: properties.FilterPolicy ?? null,
  }))
}

const eventSourceMapping = z.strictObject({
  EventSourceArn: z.string().regex(/^arn:aws:sqs:/, 'Expected a queue: no other event source is known here'),
  FunctionName: z.string(),
  BatchSize: number.default(10),
  MaximumBatchingWindowInSeconds: number.default(0),
  ScalingConfig: z.strictObject({ MaximumConcurrency: number.optional() }).optional(),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  Enabled: boolean.optional(),
  MetricsConfig: harmless(because.telemetry),
  Tags: harmless(because.tags),
})

export function readEventSources(resources: Resources): readonly EventSourceModel[] {
  return resources
    .read('AWS::Lambda::EventSourceMapping', eventSourceMapping)
    .filter(({ properties }) => properties.Enabled !== false)
    .map(({ properties }) => ({
      functionArn: functionArnFrom(properties.FunctionName),
      queueArn: properties.EventSourceArn,
      batchSize: properties.BatchSize,
      maximumBatchingWindowSeconds: properties.MaximumBatchingWindowInSeconds,
      maximumConcurrency: properties.ScalingConfig?.MaximumConcurrency ?? null,
      reportBatchItemFailures: properties.FunctionResponseTypes.length > 0,
    }))
}

function functionArnFrom(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : arn('lambda', `function:${nameOrArn}`)
}

const rule = z.strictObject({
  Name: z.string().optional(),
  Description: harmless(because.description),
  ScheduleExpression: z.string({ error: 'Expected a schedule: rules on events are not known here' }),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(
    z.strictObject({
      Id: z.string(),
      Arn: z.string(),
      Input: z.string().optional(),
      RetryPolicy: harmless('a beat that fails is not repeated here'),
    }),
  ),
})

export function readSchedules(resources: Resources): readonly ScheduleModel[] {
  return resources
    .read('AWS::Events::Rule', rule)
    .filter(({ properties }) => properties.State === 'ENABLED')
    .flatMap(({ ref, properties }) =>
      properties.Targets.map((target) => ({
        name: `${ref}-${target.Id}`,
        expression: properties.ScheduleExpression,
        functionArn: target.Arn,
        input: target.Input ?? null,
      })),
    )
}
