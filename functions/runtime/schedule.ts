import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import type { Context, ScheduledEvent } from 'aws-lambda'
import { childLogger, flushMetrics, type Logger, logger } from './telemetry.ts'

export interface ScheduleContext {
  /** Until the function times out. */
  remainingMs(): number
  readonly logger: Logger
}

/** A handler for the beat of a schedule. A failure fails the invocation; the next beat tries again. */
export function scheduleHandler(handle: (context: ScheduleContext) => Promise<void>) {
  return middy<ScheduledEvent, void>({ timeoutEarlyInMillis: 0 })
    .use(flushMetrics)
    .use(injectLambdaContext(logger))
    .handler(async ({ id }: ScheduledEvent, lambda: Context) => {
      const log = childLogger({ correlation_id: id })
      try {
        await handle({ remainingMs: () => lambda.getRemainingTimeInMillis(), logger: log })
      } catch (error) {
        log.error('scheduled work failed', { error })
        throw error
      }
    })
}
