import type { ProcessImageJob } from '@glowworm/events/jobs'
import type { Jobs } from '../core/ports.ts'

/**
 * Work goes on without the queue: when it is switched off, and when it refuses a job.
 * @param onRefusal is told of every job that the queue refused
 */
export function jobsWithFallback({
  useQueue,
  queue,
  direct,
  onRefusal,
}: {
  useQueue: boolean
  queue: Jobs
  direct: Jobs
  onRefusal: (job: ProcessImageJob, error: unknown) => void
}): Jobs {
  if (!useQueue) return direct
  return {
    async send(job, priority) {
      try {
        await queue.send(job, priority)
      } catch (refusal) {
        onRefusal(job, refusal)
        await direct.send(job, priority)
      }
    },
  }
}
