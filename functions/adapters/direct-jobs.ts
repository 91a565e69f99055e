import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import { processImageJob } from '@glowworm/events/jobs'
import type { Jobs } from '../core/ports.ts'

/**
 * Jobs without a queue: the worker is invoked asynchronously, with the event that a queue would have made of the job,
 * but for the receipt. Lambda itself then tries again what fails. All priorities are one.
 */
export function directJobs({ client, functionName }: { client: LambdaClient; functionName: string }): Jobs {
  return {
    async send(job) {
      const record = {
        messageId: job.job_id,
        body: JSON.stringify(processImageJob.parse(job)),
        attributes: { ApproximateReceiveCount: '1' },
        eventSource: 'aws:lambda',
        eventSourceARN: functionName,
      }
      await client.send(
        new InvokeCommand({
          FunctionName: functionName,
          InvocationType: 'Event',
          Payload: JSON.stringify({ Records: [record] }),
        }),
      )
    },
  }
}
