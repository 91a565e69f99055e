import { Metric, type MetricProps } from 'aws-cdk-lib/aws-cloudwatch'
import type { StageConfig } from '../config.ts'

/** Of the metrics that functions write themselves. Two stages may share an account and a region, but no metric. */
export function metricsNamespace({ stage }: StageConfig): string {
  return `Glowworm/${stage}`
}

/** What the function `service` counts itself (`measure` in `functions/runtime/telemetry.ts`). */
export function ownMetric(
  config: StageConfig,
  { service, ...props }: Pick<MetricProps, 'metricName' | 'period'> & { readonly service: string },
): Metric {
  return new Metric({
    ...props,
    namespace: metricsNamespace(config),
    dimensionsMap: { service },
    statistic: 'Sum',
  })
}
