import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Duration, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'

/** Keeps what could not be done for 14 days. Monitoring raises an alarm as soon as there is any. */
export class DeadLetterQueue extends Construct {
  readonly queue: Queue
  readonly holds: string

  constructor(scope: Construct, id: string, props: { readonly holds: string }) {
    super(scope, id)
    this.holds = props.holds
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    Validations.of(this.queue).acknowledge({ id: 'AwsSolutions-SQS3', reason: 'It is where dead letters end.' })
  }

  /** Lets the function see how much lies here. */
  bindCount(fn: LambdaFunction, variable: string): void {
    this.#allow(fn, ['sqs:GetQueueAttributes'], variable)
  }

  /** Lets the function take what lies here. */
  bindConsume(fn: LambdaFunction, variable: string): void {
    const actions = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility']
    this.#allow(fn, actions, variable)
  }

  /** The same, for one that looks first whether there is any. */
  bindConsumeIfAny(fn: LambdaFunction, variable: string): void {
    this.bindCount(fn, variable)
    this.bindConsume(fn, variable)
  }

  #allow(fn: LambdaFunction, actions: string[], variable: string): void {
    fn.addToRolePolicy(new PolicyStatement({ actions, resources: [this.queue.queueArn] }))
    fn.addEnvironment(variable, this.queue.queueUrl)
  }
}
