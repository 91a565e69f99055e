import { Schedule as Beat, Rule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction as Target } from 'aws-cdk-lib/aws-events-targets'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'

/** Calls a function every so often. A beat that fails is not repeated: the next one does its work. */
export class Schedule extends Construct {
  constructor(scope: Construct, id: string, props: { readonly every: Duration; readonly fn: LambdaFunction }) {
    super(scope, id)
    new Rule(this, 'Rule', {
      schedule: Beat.rate(props.every),
      targets: [new Target(props.fn, { retryAttempts: 0 })],
    })
    // The target's retries are those of handing the beat over; what fails then, Lambda repeats unless it is told not to.
    props.fn.configureAsyncInvoke({ retryAttempts: 0 })
  }
}
