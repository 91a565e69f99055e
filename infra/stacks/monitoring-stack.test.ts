import { Match, type Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { glowwormApp, templatesOf } from '../testing/synthesize.ts'

const templates = templatesOf(glowwormApp())
const { monitoring } = templates
const alarms = Object.values(monitoring.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties)

const count = (template: Template, type: string) => Object.keys(template.findResources(type)).length

describe('alarms', () => {
  it('watch every queue of dead letters, and every queue of jobs for its age', () => {
    const queues = Object.values(templates).flatMap((template) =>
      Object.values(template.findResources('AWS::SQS::Queue')),
    )
    const jobs = queues.filter(({ Properties }) => Properties.RedrivePolicy)
    const watching = (metric: string) => alarms.filter(({ MetricName }) => MetricName === metric)
    expect(watching('ApproximateNumberOfMessagesVisible')).toHaveLength(queues.length - jobs.length)
    // The queue of backfills waits for workers by design.
    expect(watching('ApproximateAgeOfOldestMessage')).toHaveLength(jobs.length - 1)
  })

  it('each say what they mean, and go to the one topic when they begin and when they end', () => {
    const [topic] = Object.keys(monitoring.findResources('AWS::SNS::Topic'))
    for (const alarm of alarms) {
      expect(alarm.AlarmDescription.length).toBeGreaterThan(40)
      expect(alarm.AlarmActions).toEqual([{ Ref: topic }])
      expect(alarm.OKActions).toEqual([{ Ref: topic }])
    }
  })

  it('are raised by a sweep that is silent, and by no other silence', () => {
    const bySilence = alarms.filter(({ TreatMissingData }) => TreatMissingData === 'breaching')
    expect(bySilence.map(({ MetricName }) => MetricName)).toEqual(['Invocations'])
  })

  it.each(['BreakerOpened', 'OriginalMissing', 'RenditionMissing'])(
    'watch %s, which functions count themselves',
    (name) => {
      monitoring.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'Glowworm', MetricName: name })
    },
  )

  it.each(['QueueRefused', 'MessageUnreadable'])('watch %s over all functions that count it', (MetricName) => {
    monitoring.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Metrics: Match.arrayWith([
        Match.objectLike({ Expression: 'SUM(METRICS())' }),
        Match.objectLike({ MetricStat: Match.objectLike({ Metric: Match.objectLike({ MetricName }) }) }),
      ]),
    })
  })

  it('are sent to the address that the context names, and to nobody without one', () => {
    expect(count(monitoring, 'AWS::SNS::Subscription')).toBe(0)
    const named = templatesOf(glowwormApp({ context: { alarmEmail: 'ops@example.com' } })).monitoring
    named.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.com' })
  })
})

describe('a budget', () => {
  it('counts what carries the tag of the stage, and tells of four fifths', () => {
    const context = { stage: 'prod', monthlyBudget: '25', alarmEmail: 'ops@example.com' }
    const app = glowwormApp({ context })
    templatesOf(app).monitoring.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: {
        BudgetLimit: { Amount: 25, Unit: 'USD' },
        BudgetType: 'COST',
        CostFilters: { TagKeyValue: ['user:budget$glowworm-prod'] },
        TimeUnit: 'MONTHLY',
      },
      NotificationsWithSubscribers: [
        {
          Notification: { NotificationType: 'ACTUAL', ComparisonOperator: 'GREATER_THAN', Threshold: 80 },
          Subscribers: [{ SubscriptionType: 'EMAIL', Address: 'ops@example.com' }],
        },
      ],
    })
    for (const stack of Object.values(app.stacks)) {
      expect(stack.tags.tagValues()).toEqual({ application: 'glowworm', budget: 'glowworm-prod', stage: 'prod' })
    }
  })

  it('is none if the context names none', () => {
    expect(count(monitoring, 'AWS::Budgets::Budget')).toBe(0)
  })
})
