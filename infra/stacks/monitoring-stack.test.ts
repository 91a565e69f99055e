import { readFile } from 'node:fs/promises'
import type { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { describeAlarms } from '../testing/alarms.ts'
import { ownMetricsOf } from '../testing/metrics.ts'
import { readable } from '../testing/rights.ts'
import { glowwormApp, templatesOf } from '../testing/synthesize.ts'

const templates = templatesOf(glowwormApp())
const { monitoring } = templates
const alarms = Object.values(monitoring.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties)

const [topic] = Object.keys(monitoring.findResources('AWS::SNS::Topic'))

const count = (template: Template, type: string) => Object.keys(template.findResources(type)).length

/** Of the alarm that adds this metric up. */
function servicesThatCount(metricName: string): string[] {
  const stats = alarms.flatMap(({ Metrics = [] }) => Metrics).flatMap(({ MetricStat }) => MetricStat?.Metric ?? [])
  return stats.filter(({ MetricName }) => MetricName === metricName).map(({ Dimensions }) => Dimensions[0].Value)
}

describe('alarms', () => {
  it('are these', async () => {
    await expect(describeAlarms(monitoring)).toMatchFileSnapshot('../alarms.txt')
  })

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
    for (const alarm of alarms) {
      expect(alarm.AlarmDescription.length).toBeGreaterThan(40)
      expect(alarm.AlarmActions).toEqual([{ Ref: topic }])
      expect(alarm.OKActions).toEqual([{ Ref: topic }])
    }
  })

  it('may be published to their topic: its policy lets in the alarms of this account, by TLS, and nobody else', () => {
    const policies = Object.values(monitoring.findResources('AWS::SNS::TopicPolicy'))
    expect(policies.map(({ Properties }) => Properties.Topics)).toEqual([[{ Ref: topic }]])
    expect(policies[0]?.Properties.PolicyDocument.Statement).toEqual([
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: { Ref: topic },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    ])
  })

  it('are raised by a schedule that is silent, and by no other silence', () => {
    const bySilence = Object.entries(monitoring.findResources('AWS::CloudWatch::Alarm'))
      .filter(([, { Properties }]) => Properties.TreatMissingData === 'breaching')
      .map(([id]) => readable({ Ref: id }))
    expect(bySilence.toSorted()).toEqual(['AlertsReconciliationStopped', 'AlertsSweepStopped'])
  })

  it('look back no further than CloudWatch does: a day by periods below an hour, seven days by longer ones', () => {
    for (const { EvaluationPeriods, Period, Metrics = [] } of alarms) {
      const periods: number[] = Metrics.flatMap(
        (query: { MetricStat?: { Period: number } }) => query.MetricStat?.Period ?? [],
      )
      const period = Period ?? Math.max(...periods)
      expect(EvaluationPeriods * period).toBeLessThanOrEqual(period < 3600 ? 86_400 : 7 * 86_400)
    }
  })

  it.each(['BreakerOpened', 'OriginalMissing', 'RenditionMissing'])(
    'watch %s, which functions count themselves',
    (name) => {
      monitoring.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'Glowworm/dev', MetricName: name })
    },
  )

  it('watch every function that sends jobs for a queue that refuses them', () => {
    const senders = Object.values(templates)
      .flatMap((template) => Object.values(template.findResources('AWS::Lambda::Function')))
      .map(({ Properties }) => Properties.Environment.Variables)
      .filter(({ USE_QUEUE }) => USE_QUEUE !== undefined)
      .map(({ POWERTOOLS_SERVICE_NAME }) => POWERTOOLS_SERVICE_NAME)
    expect(servicesThatCount('QueueRefused').toSorted()).toEqual(senders.toSorted())
  })

  it('watch every function that reads messages for those that it cannot read', () => {
    expect(servicesThatCount('MessageUnreadable')).toEqual(['process-image', 'apply-display-sizes', 'notify'])
  })

  it('each have an entry in the runbook, those of dead letters one for all', async () => {
    const runbook = await readFile(new URL('../../docs/runbook.md', import.meta.url), 'utf8')
    const described = await readFile(new URL('../alarms.txt', import.meta.url), 'utf8')
    const names = described.match(/^\w+$/gm) ?? []
    expect(names).toHaveLength(alarms.length)
    const entryOf = (name: string) => (name.startsWith('DeadLetters') ? '*DeadLetters…*' : `*${name}*`)
    expect(names.filter((name) => !runbook.includes(entryOf(name)))).toEqual([])
  })

  it('are sent to the address that the context names, and to nobody without one', () => {
    expect(count(monitoring, 'AWS::SNS::Subscription')).toBe(0)
    const named = templatesOf(glowwormApp({ context: { alarmEmail: 'ops@example.com' } })).monitoring
    named.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.com' })
  })
})

describe('metrics that functions write themselves', () => {
  it('are shared by no two stages of one account and region', () => {
    const place = { account: '123456789012', region: 'eu-west-1' }
    const [dev, prod] = ['dev', 'prod'].map((stage) => {
      const { monitoring: ofStage } = templatesOf(glowwormApp({ context: { ...place, stage } }))
      return ownMetricsOf(ofStage)
    })
    expect(dev).toHaveLength(prod?.length ?? 0)
    expect(dev).toContain('Glowworm/dev ImageProcessed (service=process-image)')
    expect(dev?.filter((metric) => prod?.includes(metric))).toEqual([])
  })

  it('are looked for where the functions write them', () => {
    const namespaces = Object.values(templates)
      .flatMap((template) => Object.values(template.findResources('AWS::Lambda::Function')))
      .map(({ Properties }) => Properties.Environment.Variables.POWERTOOLS_METRICS_NAMESPACE)
    const watched = ownMetricsOf(monitoring).map((metric) => metric.replace(/ .*/, ''))
    expect(new Set(watched)).toEqual(new Set(namespaces))
  })
})

describe('the dashboard', () => {
  const [dashboard] = Object.values(monitoring.findResources('AWS::CloudWatch::Dashboard'))
  interface Widget {
    readonly properties: { readonly title: string; readonly metrics: readonly (readonly unknown[])[] }
  }
  const { widgets }: { widgets: Widget[] } = JSON.parse(readable(dashboard?.Properties.DashboardBody))
  const namesOn = (title: string) =>
    widgets.find(({ properties }) => properties.title === title)?.properties.metrics.map(([, name]) => name)

  it('says where it is', () => {
    const url = readable(monitoring.findOutputs('DashboardUrl').DashboardUrl?.Value)
    expect(url).toMatch(/^https:\/\/Region\.console\..*region=Region#dashboards\/dashboard\/Dashboard/)
  })

  it('follows a photo from the request to the browser', () => {
    expect(widgets.map(({ properties }) => properties.title)).toEqual([
      'Requests',
      'Time to answer',
      'Jobs waiting',
      'Age of the oldest job',
      'Dead letters',
      'Images',
      'Time to process an image',
      'Worker',
      'Live connections',
      'Updates',
    ])
  })

  it('shows every queue of dead letters, and what the worker made of images', () => {
    expect(namesOn('Dead letters')).toEqual(Array(6).fill('ApproximateNumberOfMessagesVisible'))
    expect(namesOn('Images')).toEqual(['ImageProcessed', 'ImageRetried', 'ImageFailed', 'BreakerOpened'])
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
