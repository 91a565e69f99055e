import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { WebSocketApiModel } from '../model.ts'
import { arn, region, urlSuffix } from '../template/account.ts'
import { requestTime, splitTarget } from './http-message.ts'

type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT'

/** What is the same in every event of one connection. */
export interface ConnectionContext {
  readonly connectionId: string
  /** Epoch milliseconds. */
  readonly connectedAt: number
  readonly sourceIp: string
  readonly userAgent: string
  /** What the authoriser said about the caller. */
  readonly authorizer: Readonly<Record<string, unknown>> | null
}

export function requestContext(
  api: WebSocketApiModel,
  connection: ConnectionContext,
  eventType: EventType,
  routeKey: string,
) {
  const now = new Date()
  const requestId = randomUUID()
  return {
    routeKey,
    eventType,
    extendedRequestId: requestId,
    requestTime: requestTime(now),
    messageDirection: 'IN',
    stage: api.stage,
    connectedAt: connection.connectedAt,
    requestTimeEpoch: now.getTime(),
    identity: { sourceIp: connection.sourceIp, userAgent: connection.userAgent },
    requestId,
    domainName: `${api.id}.execute-api.${region}.${urlSuffix}`,
    connectionId: connection.connectionId,
    apiId: api.id,
    ...(connection.authorizer && { authorizer: connection.authorizer }),
  }
}

/** The head of the opening request, as `$connect` and its authoriser see it. */
export function openingParts(request: IncomingMessage) {
  const multiValueHeaders: Record<string, string[]> = {}
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), request.rawHeaders[index + 1] ?? '']
  }
  const multiValueQuery: Record<string, string[]> = {}
  for (const [name, value] of new URLSearchParams(splitTarget(request.url ?? '').query)) {
    multiValueQuery[name] = [...(multiValueQuery[name] ?? []), value]
  }
  return {
    headers: lastOfEach(multiValueHeaders),
    multiValueHeaders,
    ...(Object.keys(multiValueQuery).length > 0 && {
      queryStringParameters: lastOfEach(multiValueQuery),
      multiValueQueryStringParameters: multiValueQuery,
    }),
  }
}
export type OpeningParts = ReturnType<typeof openingParts>

function lastOfEach(values: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1) ?? '']))
}

export function connectArn(api: WebSocketApiModel): string {
  return arn('execute-api', `${api.id}/${api.stage}/$connect`)
}
