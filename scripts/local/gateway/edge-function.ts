import { createContext, Script } from 'node:vm'
import { z } from 'zod'

export interface ViewerRequest {
  readonly method: string
  readonly uri: string
}

const answer = z.strictObject({
  method: z.string(),
  uri: z.string().startsWith('/'),
  querystring: z.unknown(),
  headers: z.unknown(),
  cookies: z.unknown(),
})

/**
 * CloudFront's own limit is about a millisecond of processor time. Here the clock on the wall runs, also while a busy
 * machine lets others have the processor, so this only ends what would never end.
 */
const timeoutMs = 5_000

/**
 * A CloudFront function on viewer requests, as a function from request to the path that the origin is asked for. It
 * runs on its own globals and sees no headers or query, which it could only use to vary what is cached.
 */
export function edgeFunction(code: string): (request: ViewerRequest) => string {
  // Only text crosses the border, so nothing of this process can be reached from the other side.
  const globals = createContext({ eventText: '' })
  new Script(code, { filename: 'viewer-request.js' }).runInContext(globals, { timeout: timeoutMs })
  const call = new Script('JSON.stringify(handler(JSON.parse(eventText)))')
  return ({ method, uri }) => {
    const request = { method, uri, querystring: {}, headers: {}, cookies: {} }
    globals.eventText = JSON.stringify({ version: '1.0', context: { eventType: 'viewer-request' }, request })
    const result: unknown = JSON.parse(call.runInContext(globals, { timeout: timeoutMs }))
    return answer.parse(result).uri
  }
}
