import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import type { APIGatewayEventWebsocketRequestContextV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type * as z from 'zod'
import { toRequestError } from './http-errors.ts'
import { childLogger, flushMetrics, type Logger, logger, measure } from './telemetry.ts'

interface SocketEvent {
  readonly requestContext: APIGatewayEventWebsocketRequestContextV2
  /** On `$connect` only. */
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null
  readonly body?: string
  readonly isBase64Encoded: boolean
}

export interface SocketRequest<Message> {
  readonly connectionId: string
  /** Of `$connect`; empty on other routes. */
  readonly query: Readonly<Record<string, string | undefined>>
  /** What the client sent; null if it is not a message that this route knows. */
  readonly message: Message | null
  readonly logger: Logger
}

/**
 * A handler for one WebSocket route. Whatever it throws becomes a status: on `$connect` anything but 200 refuses the
 * connection; elsewhere the client does not see it.
 */
export function socketHandler<Schema extends z.ZodType>(
  { message: schema }: { readonly message?: Schema },
  handle: (request: SocketRequest<z.output<Schema>>) => Promise<void>,
) {
  return middy<SocketEvent, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 })
    .use(flushMetrics)
    .use(injectLambdaContext(logger))
    .handler(async (event: SocketEvent) => {
      const { connectionId, routeKey, requestId } = event.requestContext
      const log = childLogger({ connection_id: connectionId, route: routeKey, request_id: requestId })
      try {
        await handle({
          connectionId,
          query: event.queryStringParameters ?? {},
          message: schema === undefined ? null : readMessage(schema, event),
          logger: log,
        })
        return { statusCode: 200 }
      } catch (thrown) {
        const error = toRequestError(thrown)
        if (error.status < 500) {
          log.info('refused', { code: error.code, reason: error.message })
        } else {
          log.error('failed', { code: error.code, error })
          measure('RequestFailed')
        }
        return { statusCode: error.status }
      }
    })
}

function readMessage<Schema extends z.ZodType>(schema: Schema, event: SocketEvent): z.output<Schema> | null {
  try {
    const text = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8')
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
