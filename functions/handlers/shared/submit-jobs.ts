import type { JobPriority } from '@glowworm/events/jobs'
import { hastySqs, lambda } from '../../adapters/aws-clients.ts'
import { directJobs } from '../../adapters/direct-jobs.ts'
import { jobsWithFallback } from '../../adapters/jobs-with-fallback.ts'
import { sqsJobs } from '../../adapters/sqs-jobs.ts'
import { aboutJob } from '../../core/log-fields.ts'
import { logger, measure } from '../../runtime/telemetry.ts'

/** The way to the worker: through the queues given, or straight to it when they are switched off or refuse. */
export function submitJobs(
  env: { readonly USE_QUEUE: boolean; readonly PROCESS_IMAGE_FUNCTION: string },
  queueUrls: Readonly<Partial<Record<JobPriority, string>>>,
) {
  return jobsWithFallback({
    useQueue: env.USE_QUEUE,
    queue: sqsJobs({ client: hastySqs(), queueUrls }),
    direct: directJobs({ client: lambda(), functionName: env.PROCESS_IMAGE_FUNCTION }),
    onRefusal: (job, error) => {
      logger.error('the queue refused a job; the worker is called directly', { ...aboutJob(job), error })
      measure('QueueRefused')
    },
  })
}
