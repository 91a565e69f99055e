import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'

export interface Alert {
  readonly metric: IMetric
  /** What it means, and where to look: the text that wakes somebody up. */
  readonly says: string
  readonly atLeast?: number
  readonly below?: number
  /** How many periods of the metric in a row; 1 if it is not said. */
  readonly periods?: number
  /** Whether no data is a reason as well: the thing that should have counted is gone. */
  readonly silenceCounts?: boolean
}

/** Alarms, and the one topic that all of them go to. */
export class Alerts extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, id: string, props: { readonly email: string | undefined }) {
    super(scope, id)
    // Not encrypted: CloudWatch may not use the key that AWS keeps for SNS, and the texts are those below.
    this.topic = new Topic(this, 'Topic', { displayName: 'Glowworm alarms', enforceSSL: true })
    // A policy of its own, which the demand for TLS makes, replaces the one by which SNS lets the account's alarms in.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    )
    if (props.email !== undefined) this.topic.addSubscription(new EmailSubscription(props.email))
  }

  raise(id: string, { metric, says, atLeast, below, periods = 1, silenceCounts = false }: Alert): void {
    const threshold = atLeast ?? below
    if (threshold === undefined) throw new Error(`Expected alarm ${id} to say from where on, or below what.`)
    const alarm = new Alarm(this, id, {
      alarmDescription: says,
      metric,
      threshold,
      comparisonOperator:
        atLeast === undefined
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: silenceCounts ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    })
    alarm.addAlarmAction(new SnsAction(this.topic))
    alarm.addOkAction(new SnsAction(this.topic))
  }
}
