import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { Duration } from 'aws-cdk-lib/core'
import type { StageConfig } from '../config.ts'
import type { Alerts } from '../constructs/alerts.ts'
import { ownMetric } from '../constructs/own-metric.ts'
import type { ApiStack } from './api-stack.ts'
import type { ProcessingStack } from './processing-stack.ts'

const minute = Duration.minutes(1)
const fiveMinutes = Duration.minutes(5)
const day = Duration.days(1)

/** Every reason to look at the system, each with what it means. `docs/runbook.md` goes on from there. */
export function raiseAlarms(
  alerts: Alerts,
  config: StageConfig,
  { processing, api }: { readonly processing: ProcessingStack; readonly api: ApiStack },
): void {
  for (const [of, { queue, holds }] of Object.entries(processing.deadLetters)) {
    alerts.raise(`DeadLetters${of}`, {
      // Visible, not sent: a message that SQS moves here is never counted as sent.
      metric: queue.metricApproximateNumberOfMessagesVisible({ period: minute, statistic: 'Maximum' }),
      atLeast: 1,
      says: `Dead letters: ${holds}. See what they have in common before a redrive.`,
    })
  }
  for (const { id, queue, lateAfter } of processing.jobs.all) {
    alerts.raise(`Late${id}`, {
      metric: queue.metricApproximateAgeOfOldestMessage({ period: minute, statistic: 'Maximum' }),
      atLeast: lateAfter.toSeconds(),
      periods: 3,
      says: `The oldest job in queue ${id} has waited for more than ${lateAfter.toHumanString()}.`,
    })
  }
  raiseAboutWorker(alerts, processing)
  raiseAboutApi(alerts, api)
  raiseAboutRecords(alerts, config)
  raiseAboutSchedules(alerts, processing)
}

function raiseAboutWorker(alerts: Alerts, { worker }: ProcessingStack): void {
  alerts.raise('WorkerCrashes', {
    metric: worker.metricErrors({ period: fiveMinutes }),
    atLeast: 3,
    says: 'Workers crash or time out. The last lines before "Status:" in their log name the images.',
  })
  alerts.raise('WorkerSlow', {
    metric: worker.metricDuration({ period: fiveMinutes, statistic: 'p95' }),
    atLeast: 45_000,
    periods: 3,
    says: 'One image in twenty takes 45 s or more; at 60 s the worker is stopped.',
  })
  alerts.raise('Throttled', {
    metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: 'Sum', period: minute }),
    atLeast: 1,
    periods: 3,
    says: 'Functions of this account are throttled: raise its quota of concurrent executions, or lower ours.',
  })
}

function raiseAboutApi(alerts: Alerts, { http, socket, notify }: ApiStack): void {
  alerts.raise('RequestsFail', {
    metric: new MathExpression({
      // A few are no rate: at night one request in two may be one request.
      expression: 'IF(failed >= 5, 100 * failed / requests, 0)',
      label: 'Failed requests in percent',
      period: fiveMinutes,
      usingMetrics: {
        failed: http.stage.metricServerError({ period: fiveMinutes, statistic: 'Sum' }),
        requests: http.stage.metricCount({ period: fiveMinutes, statistic: 'Sum' }),
      },
    }),
    atLeast: 1,
    says: 'One request in a hundred fails for reasons of ours. Look for "failed" in the logs of the functions.',
  })
  alerts.raise('RequestsSlow', {
    metric: http.stage.metricLatency({ period: fiveMinutes, statistic: 'p95' }),
    atLeast: 5_000,
    periods: 3,
    says: 'One request in twenty takes 5 s or more; at 29 s API Gateway gives up. The access log says which routes.',
  })
  alerts.raise('UpdatesFail', {
    metric: notify.metricErrors({ period: fiveMinutes }),
    atLeast: 3,
    says: 'Updates do not reach the browsers; they are tried again, and then sent again by the sweep, for as long as it takes.',
  })
  alerts.raise('SocketsFail', {
    metric: socketErrors(socket.api.apiId, socket.stage.stageName),
    atLeast: 3,
    says: 'Connections of browsers fail. Without them pages still load, but do not move.',
  })
}

function raiseAboutRecords(alerts: Alerts, config: StageConfig): void {
  const ours = (metricName: string, ...services: readonly string[]) => sumOverServices(config, metricName, services)
  alerts.raise('BreakerOpened', {
    metric: ours('BreakerOpened', 'process-image'),
    atLeast: 1,
    says: 'An image failed three times in a row for reasons that are not its own. It waits for a retry by hand.',
  })
  alerts.raise('QueueRefused', {
    metric: ours('QueueRefused', ...submitters),
    atLeast: 1,
    says: 'SQS refuses jobs; workers are called directly. Nothing is lost, but nothing waits its turn either.',
  })
  alerts.raise('MessageUnreadable', {
    metric: ours('MessageUnreadable', 'process-image', 'apply-display-sizes', 'notify'),
    atLeast: 1,
    says: 'A message does not fit its contract: two versions of the code talk to each other.',
  })
  alerts.raise('OriginalMissing', {
    metric: ours('OriginalMissing', 'reconcile-storage'),
    atLeast: 1,
    says: 'The original of an image is gone from its bucket. The log of reconcile-storage names it: delete the photo first, then send the file again.',
  })
  alerts.raise('RenditionMissing', {
    metric: ours('RenditionMissing', 'reconcile-storage'),
    atLeast: 1,
    says: 'Renditions were gone from their bucket. They are made again; find out who deletes there.',
  })
}

function raiseAboutSchedules(alerts: Alerts, { sweep, reconcile }: ProcessingStack): void {
  alerts.raise('SweepFails', {
    metric: sweep.metricErrors({ period: fiveMinutes }),
    atLeast: 3,
    says: 'The sweep fails again and again: its log names what cannot go on. All the rest does.',
  })
  alerts.raise('SweepStopped', {
    metric: sweep.metricInvocations({ period: fiveMinutes }),
    below: 1,
    periods: 3,
    silenceCounts: true,
    says: 'The sweep has not run for a quarter of an hour: what gets lost now stays lost.',
  })
  alerts.raise('ReconciliationFails', {
    metric: reconcile.metricErrors({ period: day }),
    atLeast: 1,
    says: 'Storage and records could not be compared to the end: the log of reconcile-storage names what is in the way.',
  })
  alerts.raise('ReconciliationStopped', {
    metric: new MathExpression({
      // Filled up: of days without data CloudWatch would go by older ones that have some. A day with few sweeps does not
      // count: a new stage compares for the first time when its first day is over.
      expression: 'IF(FILL(sweeps, 0) > 720, FILL(runs, 0), 1)',
      label: 'Comparisons of storage and records',
      period: day,
      usingMetrics: {
        runs: reconcile.metricInvocations({ period: day }),
        sweeps: sweep.metricInvocations({ period: day }),
      },
    }),
    below: 1,
    periods: 2,
    silenceCounts: true,
    says: 'Storage and records have not been compared for two days: files that are gone, or too many, go unnoticed.',
  })
}

/** Whoever sends jobs. A metric of an alarm names each, and takes ten at most. */
const submitters = [
  'upload-image',
  'complete-upload',
  'change-image',
  'retry-processing',
  'retry-failed',
  'redrive',
  'apply-display-sizes',
  'sweep',
  'reconcile-storage',
] as const

/** A metric that functions write themselves, over all of these. */
function sumOverServices(config: StageConfig, metricName: string, services: readonly string[]): IMetric {
  const each = services.map((service) => ownMetric(config, { metricName, service, period: fiveMinutes }))
  const [only] = each
  if (only !== undefined && each.length === 1) return only
  return new MathExpression({
    expression: 'SUM(METRICS())',
    label: metricName,
    period: fiveMinutes,
    usingMetrics: Object.fromEntries(each.map((metric, index) => [`m${index}`, metric])),
  })
}

function socketErrors(ApiId: string, Stage: string): IMetric {
  const of = (metricName: string) =>
    new Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      dimensionsMap: { ApiId, Stage },
      statistic: 'Sum',
      period: fiveMinutes,
    })
  return new MathExpression({
    expression: 'SUM(METRICS())',
    label: 'Errors',
    period: fiveMinutes,
    usingMetrics: { execution: of('ExecutionError'), integration: of('IntegrationError') },
  })
}
