import { createContext, Script } from 'node:vm'
import { z } from 'zod'

export interface ViewerRequest {
  readonly method: string
  readonly uri: string
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Of whoever asks. */
  readonly viewerIp: string
  /** By which whoever answers names the request. */
  readonly requestId: string
}

/**
 * What becomes of a request at the edge: it goes on to the origin, which is asked for `uri` and told `headers` (those that
 * were added or changed), or is answered here.
 */
export type EdgeDecision =
  | { readonly kind: 'pass'; readonly uri: string; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

const headerValue = z.strictObject({ value: z.string() })

const valuesOf = (headers: Readonly<Record<string, { readonly value: string }>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value]))

const request = z
  .strictObject({
    method: z.string(),
    uri: z.string().startsWith('/'),
    querystring: z.unknown(),
    headers: z.record(z.string(), headerValue).default({}),
    cookies: z.unknown(),
  })
  .transform(({ uri, headers }) => ({ kind: 'pass', uri, headers: valuesOf(headers) }) as const)

const response = z
  .strictObject({
    statusCode: z.int().min(200).max(599),
    statusDescription: z.string().optional(),
    headers: z.record(z.string(), headerValue).default({}),
    body: z.strictObject({ encoding: z.literal('text'), data: z.string() }).optional(),
  })
  .transform(
    ({ statusCode, headers, body }) =>
      ({
        kind: 'answer',
        status: statusCode,
        headers: valuesOf(headers),
        body: body?.data ?? '',
      }) as const,
  )

const decision = z.union([request, response])

/**
 * CloudFront's own limit is about a millisecond of processor time. Here the clock on the wall runs, also while a busy
 * machine lets others have the processor, so this only ends what would never end.
 */
const timeoutMs = 5_000

/**
 * A CloudFront function on viewer requests. It runs on its own globals and sees neither query nor cookies, and cannot
 * take headers away.
 */
export function edgeFunction(code: string): (request: ViewerRequest) => EdgeDecision {
  // Only text crosses the border, so nothing of this process can be reached from the other side.
  const globals = createContext({ eventText: '' })
  new Script(code, { filename: 'viewer-request.js' }).runInContext(globals, { timeout: timeoutMs })
  const call = new Script('JSON.stringify(handler(JSON.parse(eventText)))')
  return ({ method, uri, headers, viewerIp, requestId }) => {
    globals.eventText = JSON.stringify({
      version: '1.0',
      context: { eventType: 'viewer-request', requestId },
      viewer: { ip: viewerIp },
      request: {
        method,
        uri,
        querystring: {},
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }])),
        cookies: {},
      },
    })
    const decided = decision.parse(JSON.parse(call.runInContext(globals, { timeout: timeoutMs })))
    if (decided.kind === 'answer') return decided
    const changed = Object.entries(decided.headers).filter(([name, value]) => headers[name] !== value)
    return { ...decided, headers: Object.fromEntries(changed) }
  }
}
