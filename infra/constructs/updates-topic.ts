import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Alias } from 'aws-cdk-lib/aws-kms'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'

/** Where every change of an image is published, with its `type` as message attribute. */
export class UpdatesTopic extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.topic = new Topic(this, 'Topic', {
      displayName: 'processing-updates',
      enforceSSL: true,
      // The key that AWS keeps for SNS: whoever may publish may use it, and it costs nothing at rest.
      masterKey: Alias.fromAliasName(this, 'Key', 'alias/aws/sns'),
    })
  }

  bindPublish(fn: LambdaFunction): void {
    fn.addToRolePolicy(new PolicyStatement({ actions: ['sns:Publish'], resources: [this.topic.topicArn] }))
    fn.addEnvironment('UPDATES_TOPIC_ARN', this.topic.topicArn)
  }

  /** The subscription belongs to the stack of the function: this one knows none of its readers. */
  bindSubscriber(fn: LambdaFunction): void {
    this.topic.addSubscription(new LambdaSubscription(fn))
  }
}
