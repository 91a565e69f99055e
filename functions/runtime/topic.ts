import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import type { SNSEvent } from 'aws-lambda'
import type * as z from 'zod'
import { readMessage } from './read-message.ts'
import { childLogger, flushMetrics, type Logger, logger } from './telemetry.ts'

/**
 * A handler for what is published to a topic. SNS delivers one record per invocation; should there be more, they are
 * handled in order. A record that fails, or that does not fit the schema, fails the invocation: Lambda tries again
 * and then sends it to the function's failure destination, so that nothing is lost silently.
 */
export function topicHandler<Schema extends z.ZodType<{ readonly correlation_id: string }>>(
  schema: Schema,
  handle: (message: z.output<Schema>, context: { readonly logger: Logger }) => Promise<void>,
) {
  return middy<SNSEvent, void>({ timeoutEarlyInMillis: 0 })
    .use(flushMetrics)
    .use(injectLambdaContext(logger))
    .handler(async ({ Records: records }: SNSEvent) => {
      for (const { Sns } of records) {
        const message = readMessage(schema, Sns.Message, Sns.MessageId)
        const log = childLogger({ message_id: Sns.MessageId, correlation_id: message.correlation_id })
        await handle(message, { logger: log })
      }
    })
}
