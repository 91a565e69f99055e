import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { DeadLetterQueue } from './dead-letter-queue.ts'

/**
 * Changes of settings on their way to every image. The function that goes through the images hands what is left to
 * this queue when its time is up. Lambda would take more than 16 such rounds for a loop, so the function allows it; its
 * cursor ends it.
 */
export class BackfillQueue extends Construct {
  readonly queue: Queue
  readonly deadLetters: DeadLetterQueue

  constructor(scope: Construct, id: string, props: { readonly timeout: Duration }) {
    super(scope, id)
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', { holds: 'settings that did not get to every image' })
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      visibilityTimeout: Duration.seconds(6 * props.timeout.toSeconds()),
      // Delivered again, too, for images that a worker holds at the time.
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: 20 },
    })
  }

  bindSend(fn: LambdaFunction): void {
    fn.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }))
    fn.addEnvironment('BACKFILL_QUEUE_URL', this.queue.queueUrl)
  }

  bindConsumer(fn: LambdaFunction): void {
    fn.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 1, maxConcurrency: 2, reportBatchItemFailures: true }),
    )
  }
}
