import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { ServiceError } from './service-error.ts'

export type Query = Readonly<Record<string, string | string[]>>

/** The head of a request, with nothing decoded that a signature covers. */
export interface AwsRequest {
  readonly method: string
  /** Still percent-encoded. */
  readonly path: string
  /** Decoded names and values, as they were spelled. */
  readonly query: Query
  readonly headers: IncomingHttpHeaders
}

export interface AwsResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** @throws ServiceError for a URL that is not well-formed. */
export function readRequestHead(message: IncomingMessage): AwsRequest {
  const url = message.url ?? '/'
  const mark = url.indexOf('?')
  const path = mark === -1 ? url : url.slice(0, mark)
  return {
    method: message.method ?? 'GET',
    path,
    query: parseQuery(mark === -1 ? '' : url.slice(mark + 1)),
    headers: message.headers,
  }
}

/** Unlike URLSearchParams this leaves `+` alone, as SigV4 demands. */
function parseQuery(raw: string): Query {
  const query: Record<string, string | string[]> = Object.create(null)
  for (const part of raw.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = decode(equals === -1 ? part : part.slice(0, equals))
    const value = equals === -1 ? '' : decode(part.slice(equals + 1))
    const present = query[name]
    query[name] = present === undefined ? value : [present, value].flat()
  }
  return query
}

/** @throws ServiceError `InvalidURI` */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new ServiceError(400, 'InvalidURI', "Couldn't parse the specified URI.", { cause })
  }
}

/** The first value of a query parameter. */
export function queryValue(query: Query, name: string): string | undefined {
  const value = query[name]
  return Array.isArray(value) ? value[0] : value
}

/** The first value of a header; names in lower case. */
export function header(request: Pick<AwsRequest, 'headers'>, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
