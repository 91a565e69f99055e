import type { Template } from 'aws-cdk-lib/assertions'
import { describeMetric, type Metric } from './metrics.ts'
import { readable } from './rights.ts'

type Query =
  | { readonly Id: string; readonly Expression: string }
  | {
      readonly Id: string
      readonly MetricStat: { readonly Metric: Metric; readonly Stat: string; readonly Period: number }
    }

/** One block per alarm: when it goes off, and by which metrics. What a reviewer should see of a change of alarms. */
export function describeAlarms(template: Template): string {
  const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm'))
    .map(([id, { Properties }]) => [readable({ Ref: id }).replace(/^Alerts/, ''), describe(Properties)] as const)
    .sort(([a], [b]) => a.localeCompare(b))
  return alarms.map(([id, lines]) => [id, ...lines.map((line) => `  ${line}`), ''].join('\n')).join('\n')
}

// biome-ignore lint/suspicious/noExplicitAny: properties of CloudFormation as they come.
function describe(alarm: any): string[] {
  const sign = alarm.ComparisonOperator === 'LessThanThreshold' ? '<' : '>='
  const times = alarm.EvaluationPeriods === 1 ? '' : `, ${alarm.EvaluationPeriods} times in a row`
  const silence = alarm.TreatMissingData === 'breaching' ? ', or silence' : ''
  const when = (what: string) => `when ${what} ${sign} ${alarm.Threshold}${times}${silence}`
  if (alarm.Metrics === undefined) {
    return [when(`${alarm.ExtendedStatistic ?? alarm.Statistic} of ${alarm.Period} s`), describeMetric(alarm)]
  }
  const queries = alarm.Metrics as readonly Query[]
  return queries.map((query) =>
    'Expression' in query
      ? when(query.Expression)
      : `${query.Id}: ${describeMetric(query.MetricStat.Metric)}, ${query.MetricStat.Stat} of ${query.MetricStat.Period} s`,
  )
}
