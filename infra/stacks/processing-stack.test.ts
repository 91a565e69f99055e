import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { readable } from '../testing/rights.ts'
import { glowwormApp, templatesOf } from '../testing/synthesize.ts'

const { processing } = templatesOf(glowwormApp())
const queues = new Map(Object.entries(processing.findResources('AWS::SQS::Queue')))
const nameOf = (id: string) => readable({ Ref: id })
const sources = [...queues].filter(([, { Properties }]) => Properties.RedrivePolicy)
const jobQueues = sources.filter(([id]) => nameOf(id).startsWith('Jobs'))
const [backfills] = sources.filter(([id]) => nameOf(id).startsWith('Backfills'))
const [worker] = Object.values(processing.findResources('AWS::Lambda::Function'))
const deadLettersOf = (queue: Record<string, unknown>) => readableId(queue, 'RedrivePolicy')

function readableId(queue: Record<string, unknown>, property: string): string {
  const { deadLetterTargetArn } = queue[property] as { deadLetterTargetArn: { 'Fn::GetAtt': [string, string] } }
  return deadLetterTargetArn['Fn::GetAtt'][0]
}

describe('queues', () => {
  it('of jobs are three, by priority', () => {
    expect(jobQueues.map(([id]) => nameOf(id))).toEqual(['JobsHigh', 'JobsNormal', 'JobsLow'])
  })

  it('each have dead letters of their own, where a job goes after ten deliveries and stays for 14 days', () => {
    const used = new Set(jobQueues.map(([, { Properties }]) => deadLettersOf(Properties)))
    expect(used.size).toBe(3)
    for (const id of used) expect(queues.get(id)?.Properties.MessageRetentionPeriod).toBe(14 * 24 * 3600)
    for (const [, { Properties }] of jobQueues) expect(Properties.RedrivePolicy.maxReceiveCount).toBe(10)
    expect(queues.size).toBe(10)
  })

  it('of settings on their way to the images deliver again, too, what has to wait for a worker', () => {
    const { Properties } = backfills?.[1] ?? {}
    expect(Properties?.RedrivePolicy.maxReceiveCount).toBe(20)
    expect(Properties?.VisibilityTimeout).toBe(6 * 300)
  })

  it('hide a job for at least six times as long as the worker may take', () => {
    for (const [, { Properties }] of jobQueues) {
      expect(Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * worker?.Properties.Timeout)
    }
  })

  it.each([...queues.keys()])('%s is encrypted and refuses requests without TLS', (id) => {
    expect(queues.get(id)?.Properties.SqsManagedSseEnabled).toBe(true)
    processing.hasResourceProperties('AWS::SQS::QueuePolicy', {
      Queues: [{ Ref: id }],
      PolicyDocument: {
        Statement: [Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      },
    })
  })
})

it('lets only the function that hands work on to itself go round as often as it has to', () => {
  const allowed = Object.values(processing.findResources('AWS::Lambda::Function'))
    .filter(({ Properties }) => Properties.RecursiveLoop === 'Allow')
    .map(({ Properties }) => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME)
  expect(allowed).toEqual(['apply-display-sizes'])
})

describe('worker', () => {
  it('takes one job at a time, settles it alone, and runs 4, 2 and 2 times at once', () => {
    const mappings = Object.values(processing.findResources('AWS::Lambda::EventSourceMapping')).map(
      ({ Properties }) => [
        readable(Properties.EventSourceArn),
        {
          batch: Properties.BatchSize,
          answers: Properties.FunctionResponseTypes,
          atOnce: Properties.ScalingConfig.MaximumConcurrency,
        },
      ],
    )
    const one = { batch: 1, answers: ['ReportBatchItemFailures'] }
    expect(Object.fromEntries(mappings)).toEqual({
      BackfillsQueue: { ...one, atOnce: 2 },
      JobsHigh: { ...one, atOnce: 4 },
      JobsNormal: { ...one, atOnce: 2 },
      JobsLow: { ...one, atOnce: 2 },
    })
  })

  it('has a minute, the memory for 100 megapixels, and sharp from a layer', () => {
    expect(worker?.Properties).toMatchObject({
      Timeout: 60,
      MemorySize: 3008,
      Layers: [{ Ref: expect.stringContaining('Sharp') }],
    })
    processing.resourceCountIs('AWS::Lambda::LayerVersion', 1)
  })
})

it('publishes updates on a topic that is encrypted and takes them by TLS only', () => {
  processing.hasResourceProperties('AWS::SNS::Topic', {
    DisplayName: 'processing-updates',
    KmsMasterKeyId: Match.anyValue(),
  })
  processing.hasResourceProperties('AWS::SNS::TopicPolicy', {
    PolicyDocument: {
      Statement: [
        Match.objectLike({
          Effect: 'Deny',
          Action: 'sns:Publish',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ],
    },
  })
})

it('repeats no beat of a schedule that failed: beside the next one it would be a second', () => {
  const called = Object.values(processing.findResources('AWS::Events::Rule')).map(({ Properties }) =>
    readable(Properties.Targets[0].Arn),
  )
  expect(called.toSorted()).toEqual(['ReconcileStorage', 'Sweep'])
  const repeats = Object.values(processing.findResources('AWS::Lambda::EventInvokeConfig'))
    .map(({ Properties }) => [readable(Properties.FunctionName), Properties.MaximumRetryAttempts])
    .filter(([name]) => called.includes(name))
  expect(Object.fromEntries(repeats)).toEqual({ ReconcileStorage: 0, Sweep: 0 })
})
