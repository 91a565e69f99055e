import type { SQSClient } from '@aws-sdk/client-sqs'
import { type ApplyDisplaySizesJob, applyDisplaySizesJob } from '@glowworm/events/jobs'
import type { DeadBackfills } from '../core/ports.ts'
import { sqsLetters } from './sqs-letters.ts'

export function sqsDeadBackfills({ client, queueUrl }: { client: SQSClient; queueUrl: string }): DeadBackfills {
  const letters = sqsLetters(client, queueUrl)
  return {
    async receive(atMost) {
      return (await letters.receive(atMost)).map(({ body, receipt }) => ({ job: readJob(body), receipt }))
    },
    remove: letters.remove,
    release: (receipt) => letters.release([receipt], 0),
  }
}

function readJob(body: string): ApplyDisplaySizesJob | null {
  try {
    return applyDisplaySizesJob.parse(JSON.parse(body))
  } catch {
    return null
  }
}
