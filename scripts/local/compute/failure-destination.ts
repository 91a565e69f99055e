import type { CloudModel, FunctionModel } from '../model.ts'
import type { Messaging } from '../services/messaging-port.ts'
import type { Outcome } from './function-runner.ts'

/** An asynchronous invocation that has failed for good. */
export interface AbandonedInvocation {
  readonly model: FunctionModel
  readonly requestId: string
  readonly payload: string
  readonly outcome: Outcome
  readonly attempts: number
}

/** Sends the record of an abandoned invocation where the function's configuration wants it, if anywhere. */
export type FailureDestination = (invocation: AbandonedInvocation) => Promise<void>

export function createFailureDestination(model: CloudModel, messaging: Messaging): FailureDestination {
  return async (invocation) => {
    const arn = invocation.model.onFailureQueueArn
    if (arn === null) return
    const queue = model.queues.find((candidate) => candidate.arn === arn)
    if (!queue) {
      throw new Error(`Expected the on-failure queue of ${invocation.model.name}, ${arn}, in the template; it is not.`)
    }
    await messaging.send(queue.name, JSON.stringify(failureRecord(invocation)))
  }
}

/** As Lambda words it. */
function failureRecord({ model, requestId, payload, outcome, attempts }: AbandonedInvocation): object {
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId,
      functionArn: `${model.arn}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: attempts,
    },
    requestPayload: JSON.parse(payload),
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: JSON.parse(outcome.payload),
  }
}
