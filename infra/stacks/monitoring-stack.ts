import { Dashboard, GraphWidget, type IMetric, Metric, Row } from 'aws-cdk-lib/aws-cloudwatch'
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { Alerts } from '../constructs/alerts.ts'
import { ownMetric } from '../constructs/own-metric.ts'
import { StageBudget } from '../constructs/stage-budget.ts'
import { raiseAlarms } from './alarms.ts'
import type { ApiStack } from './api-stack.ts'
import type { ProcessingStack } from './processing-stack.ts'

export interface MonitoringStackProps extends StackProps {
  readonly processing: ProcessingStack
  readonly api: ApiStack
}

const period = Duration.minutes(1)

/**
 * One page that says whether photos get through, in front, in the queues, in the worker, on the way to the browser; every
 * alarm; and a budget.
 */
export class MonitoringStack extends Stack {
  constructor(scope: Construct, id: string, config: StageConfig, { processing, api, ...props }: MonitoringStackProps) {
    super(scope, id, props)
    raiseAlarms(new Alerts(this, 'Alerts', { email: config.alarmEmail }), config, { processing, api })
    const { stage: name, monthlyBudget, alarmEmail } = config
    if (monthlyBudget !== undefined && alarmEmail !== undefined) {
      new StageBudget(this, 'Budget', { stage: name, monthly: monthlyBudget, percent: 80, email: alarmEmail })
    }
    const { worker, jobs } = processing
    const queues = [jobs.queues.high, jobs.queues.normal, jobs.queues.low]
    const stage = api.http.stage
    const ofWorker = (metricName: string) => ownMetric(config, { metricName, service: 'process-image', period })

    const dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.hours(3) })
    new CfnOutput(this, 'DashboardUrl', {
      value: `https://${this.region}.console.aws.amazon.com/cloudwatch/home?region=${this.region}#dashboards/dashboard/${dashboard.dashboardName}`,
    })
    dashboard.addWidgets(
      new Row(
        graph('Requests', [
          stage.metricCount({ period }),
          stage.metricClientError({ period }),
          stage.metricServerError({ period }),
        ]),
        graph('Time to answer', [
          stage.metricLatency({ period, statistic: 'p50' }),
          stage.metricLatency({ period, statistic: 'p95' }),
        ]),
      ),
      new Row(
        graph(
          'Jobs waiting',
          queues.map(({ queue }) => queue.metricApproximateNumberOfMessagesVisible({ period })),
        ),
        graph(
          'Age of the oldest job',
          queues.map(({ queue }) => queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' })),
        ),
        graph(
          'Dead letters',
          Object.values(processing.deadLetters).map(({ queue }) =>
            queue.metricApproximateNumberOfMessagesVisible({ period }),
          ),
        ),
      ),
      new Row(
        graph('Images', [
          ofWorker('ImageProcessed'),
          ofWorker('ImageRetried'),
          ofWorker('ImageFailed'),
          ofWorker('BreakerOpened'),
        ]),
        graph('Time to process an image', [
          worker.metricDuration({ period, statistic: 'p50' }),
          worker.metricDuration({ period, statistic: 'p95' }),
        ]),
        graph('Worker', [
          worker.metricInvocations({ period }),
          worker.metricErrors({ period }),
          worker.metricThrottles({ period }),
          worker.metric('ConcurrentExecutions', { period, statistic: 'Maximum' }),
        ]),
      ),
      new Row(
        graph('Live connections', [
          socketMetric(api, 'ConnectCount'),
          socketMetric(api, 'MessageCount'),
          socketMetric(api, 'ExecutionError'),
        ]),
        graph('Updates', [
          api.notify.metricInvocations({ period }),
          api.notify.metricErrors({ period }),
          api.notify.metricDuration({ period, statistic: 'p95' }),
        ]),
      ),
    )
  }
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6 })
}

function socketMetric(api: ApiStack, metricName: string): Metric {
  return new Metric({
    namespace: 'AWS/ApiGateway',
    metricName,
    dimensionsMap: { ApiId: api.socket.api.apiId, Stage: api.socket.stage.stageName },
    statistic: 'Sum',
    period,
  })
}
