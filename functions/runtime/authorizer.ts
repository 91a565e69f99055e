import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import type {
  APIGatewayAuthorizerResult,
  APIGatewayRequestAuthorizerEvent,
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda'
import { cookiesOf } from './cookies.ts'
import { correlationIdOf } from './correlation.ts'
import { childLogger, type Logger, logger } from './telemetry.ts'

/** Who may pass; `unauthorized`: nobody is signed in; `forbidden`: somebody is, but not with these rights. */
export type Decision = { readonly email: string } | 'unauthorized' | 'forbidden'

export interface RequestToAuthorize {
  readonly method: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly cookies: Readonly<Record<string, string>>
  readonly logger: Logger
}

/** The one message that makes API Gateway answer 401; whatever else an authoriser throws becomes a 500. */
const unauthorized = () => new Error('Unauthorized')

/** A Lambda authoriser of an HTTP API: payload 2.0, simple responses. Nothing passes unless it is let through. */
export function requestAuthorizer(decide: (request: RequestToAuthorize) => Promise<Decision>) {
  return middy<APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerWithContextResult<{ email?: string }>>()
    .use(injectLambdaContext(logger))
    .handler(async ({ headers = {}, cookies, requestContext, routeKey }: APIGatewayRequestAuthorizerEventV2) => {
      const { requestId, http } = requestContext
      const log = childLogger({
        request_id: requestId,
        correlation_id: correlationIdOf(headers['x-correlation-id'], requestId),
        route: routeKey,
      })
      const request = { method: http.method, headers, cookies: cookiesOf({ cookies, headers }), logger: log }
      const decision = await decide(request)
      if (typeof decision === 'object') return { isAuthorized: true, context: { email: decision.email } }
      log.info('not let through', { decision })
      if (decision === 'unauthorized') throw unauthorized()
      return { isAuthorized: false, context: {} }
    })
}

/** A REQUEST authoriser of `$connect`: only the policy that it answers opens the socket. */
export function socketAuthorizer(
  admits: (
    query: Readonly<Record<string, string | undefined>>,
    context: { readonly logger: Logger },
  ) => Promise<boolean>,
) {
  return middy<APIGatewayRequestAuthorizerEvent, APIGatewayAuthorizerResult>()
    .use(injectLambdaContext(logger))
    .handler(async ({ queryStringParameters, requestContext, methodArn }: APIGatewayRequestAuthorizerEvent) => {
      const log = childLogger({ request_id: requestContext.requestId })
      if (!(await admits(queryStringParameters ?? {}, { logger: log }))) {
        log.info('not let through')
        throw unauthorized()
      }
      const statement = { Action: 'execute-api:Invoke', Effect: 'Allow' as const, Resource: methodArn }
      return { principalId: 'ticket', policyDocument: { Version: '2012-10-17', Statement: [statement] } }
    })
}
