import type { HttpApiModel } from '../model.ts'
import { accountId } from '../template/account.ts'
import { type GatewayRequest, requestTime } from './http-message.ts'
import { decode, type RouteMatch } from './http-routes.ts'

/** Payload format 2.0 of an HTTP API, for functions and, with more, for authorisers. */
export function httpEvent(
  request: GatewayRequest,
  { route, pathParameters }: RouteMatch,
  api: HttpApiModel,
  domainName: string,
  requestId: string,
) {
  const now = new Date()
  const { cookie, ...headers } = request.headers
  const path = decode(request.path)
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath: path,
    rawQueryString: request.query,
    ...(cookie && { cookies: cookie.flatMap((line) => line.split(';')).map((pair) => pair.trim()) }),
    headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values?.join(',') ?? ''])),
    ...(request.query !== '' && { queryStringParameters: queryStringParameters(request.query) }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    requestContext: {
      accountId,
      apiId: api.id,
      domainName,
      domainPrefix: api.id,
      http: {
        method: request.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent']?.[0] ?? '',
      },
      requestId,
      routeKey: route.routeKey,
      stage: api.stage,
      time: requestTime(now),
      timeEpoch: now.getTime(),
    },
  }
}
export type HttpEvent = ReturnType<typeof httpEvent>

/** `body` and whether it is base64: everything is, but for a few types of text. Without a body there is none. */
export function eventBody(request: GatewayRequest): { readonly body?: string; readonly isBase64Encoded: boolean } {
  if (request.body.length === 0) return { isBase64Encoded: false }
  const isText = textual.test(request.headers['content-type']?.[0] ?? '')
  return { body: request.body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText }
}

const textual = /^\s*(text\/[^;]+|application\/(json|xml|javascript))\s*(;|$)/i

/** Decoded; several values of one name are joined by a comma, as AWS does. */
function queryStringParameters(query: string): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    const present = parameters[name]
    parameters[name] = present === undefined ? value : `${present},${value}`
  }
  return parameters
}
