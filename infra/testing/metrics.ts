import type { Template } from 'aws-cdk-lib/assertions'
import { readable } from './rights.ts'

export interface Metric {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[]
}

/** `Glowworm/dev ImageFailed (service=process-image)` */
export function describeMetric({ Namespace, MetricName, Dimensions = [] }: Metric): string {
  const of = Dimensions.map(({ Name, Value }) => `${Name}=${readable(Value)}`).join(', ')
  return `${Namespace} ${MetricName}${of && ` (${of})`}`
}

interface DashboardBody {
  readonly widgets: readonly { readonly properties: { readonly metrics: readonly (readonly unknown[])[] } }[]
}

/** Those that functions write themselves, each once, as far as an alarm or a dashboard shows them. */
export function ownMetricsOf(template: Template): string[] {
  const onAlarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).flatMap(({ Properties: alarm }) =>
    alarm.Metrics === undefined ? [alarm] : alarm.Metrics.flatMap((query: Query) => query.MetricStat?.Metric ?? []),
  )
  const onDashboards = Object.values(template.findResources('AWS::CloudWatch::Dashboard')).flatMap(({ Properties }) => {
    const { widgets }: DashboardBody = JSON.parse(readable(Properties.DashboardBody))
    return widgets.flatMap(({ properties }) => properties.metrics.map(metricOfRow))
  })
  const own = [...onAlarms, ...onDashboards].filter(({ Namespace }) => !Namespace.startsWith('AWS/'))
  return [...new Set(own.map(describeMetric))].sort()
}

interface Query {
  readonly MetricStat?: { readonly Metric: Metric }
}

/** `[namespace, name, dimension, value, …, options]` */
function metricOfRow(row: readonly unknown[]): Metric {
  const [Namespace = '', MetricName = '', ...dimensions] = row.filter((part) => typeof part === 'string')
  const Dimensions = dimensions.flatMap((Name, index) => (index % 2 ? [] : [{ Name, Value: dimensions[index + 1] }]))
  return { Namespace, MetricName, Dimensions }
}
