import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import encodeContent from '@middy/http-content-encoding'
import negotiateContent from '@middy/http-content-negotiation'
import type {
  APIGatewayEventRequestContextV2,
  APIGatewayProxyEventV2WithRequestContext,
  APIGatewayProxyStructuredResultV2,
} from 'aws-lambda'
import { RequestError } from '../core/errors.ts'
import { cookiesOf } from './cookies.ts'
import { errorBody, toRequestError } from './http-errors.ts'
import { bodyBytes, parseRequest, type RequestParts, type RequestSchemas } from './parse-request.ts'
import { RequestTrace } from './request-trace.ts'
import { flushMetrics, type Logger, logger, measure } from './telemetry.ts'

/** Payload 2.0. The authoriser's part is absent on public routes. */
type HttpEvent = APIGatewayProxyEventV2WithRequestContext<
  APIGatewayEventRequestContextV2 & { readonly authorizer?: { readonly lambda?: { readonly email?: string } | null } }
>

export interface HttpRequest<Schemas extends RequestSchemas = RequestSchemas> extends RequestParts<Schemas> {
  /** As sent; empty unless the route asks for it with `raw`. */
  readonly bytes: Buffer
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly cookies: Readonly<Record<string, string>>
  /** Whom the authoriser let in; null on public routes. */
  readonly user: { readonly email: string } | null
  /** Of whoever opened the connection to API Gateway: behind the CDN one of its edges; see `viewerAddress`. */
  readonly address: string
  readonly correlationId: string
  readonly logger: Logger
  /** To be told what only the work itself shows; see `RequestTrace`. */
  readonly identify: RequestTrace['identify']
}

export interface HttpResponse {
  readonly status: number
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as `location`. */
  readonly redirect?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Whole `set-cookie` lines. */
  readonly cookies?: readonly string[]
}

/** Kept back from the function's time-out, so that a slow request still gets an answer that says so. */
const timeToAnswerMs = 250

/**
 * A handler for one HTTP route. Middlewares run in this order before the handler, and in the opposite order after
 * it and on errors: an error is mapped first, and then dressed and logged like any other answer.
 */
export function httpHandler<const Schemas extends RequestSchemas>(
  schemas: Schemas,
  respond: (request: HttpRequest<Schemas>) => Promise<HttpResponse>,
) {
  return middy<HttpEvent, APIGatewayProxyStructuredResultV2>({
    timeoutEarlyInMillis: timeToAnswerMs,
    timeoutEarlyResponse: () => {
      throw new RequestError(503, 'service_unavailable', 'The request took too long. Try again soon.')
    },
  })
    .use(flushMetrics)
    .use(injectLambdaContext(logger))
    .use(negotiateEncoding)
    .use(encodeContent())
    .use(dressAnswer())
    .use(mapError())
    .handler(async (event: HttpEvent) => {
      const trace = traceOf(event)
      const email = event.requestContext.authorizer?.lambda?.email
      return toResult(
        await respond({
          ...parseRequest(schemas, event),
          bytes: schemas.raw ? bodyBytes(event) : Buffer.alloc(0),
          headers: event.headers,
          cookies: cookiesOf(event),
          user: email === undefined ? null : { email },
          address: event.requestContext.http.sourceIp,
          correlationId: trace.correlationId,
          logger: trace.logger,
          identify: trace.identify,
        }),
      )
    })
}

/** Compressed here: the CDN compresses only what it may keep, and it keeps no answer of the API. */
const negotiateEncoding = negotiateContent({
  parseCharsets: false,
  parseLanguages: false,
  parseMediaTypes: false,
  availableEncodings: ['gzip', 'identity'],
  failOnMismatch: false,
})

type Middleware = middy.MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2>

/** What every answer carries, failures included; what the route itself says comes last. */
function dressAnswer(): Middleware {
  const dress = ({ event, response }: middy.Request<HttpEvent, APIGatewayProxyStructuredResultV2>) => {
    if (!response) return
    response.headers = {
      ...(response.body !== undefined && { 'content-type': 'application/json' }),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-correlation-id': traceOf(event).correlationId,
      ...response.headers,
    }
    traceOf(event).logger.info('answered', { route: event.routeKey, status: response.statusCode ?? 200 })
  }
  return { after: dress, onError: dress }
}

/** Sets the response and returns nothing: a returned value would end the chain before the answer is dressed. */
function mapError(): Middleware {
  return {
    onError: (request) => {
      const error = toRequestError(request.error)
      const trace = traceOf(request.event)
      const about = { route: request.event.routeKey, code: error.code }
      if (error.status < 500) {
        trace.logger.info('refused', { ...about, reason: error.message })
      } else {
        trace.logger.error('failed', { ...about, error })
        measure('RequestFailed')
      }
      request.response = toResult({
        status: error.status,
        body: errorBody(error, trace.requestId),
        ...(error.retryAfterSeconds !== null && { headers: { 'retry-after': String(error.retryAfterSeconds) } }),
      })
    },
  }
}

function toResult({ status, body, redirect, headers, cookies }: HttpResponse): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { ...(redirect !== undefined && { location: redirect }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(cookies && { cookies: [...cookies] }),
  }
}

const traces = new WeakMap<HttpEvent, RequestTrace>()

/** The one of this request, for the handler and everything around it. */
function traceOf(event: HttpEvent): RequestTrace {
  const trace = traces.get(event) ?? new RequestTrace(event)
  traces.set(event, trace)
  return trace
}
