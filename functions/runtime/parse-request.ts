import type * as z from 'zod'
import { RequestError } from '../core/errors.ts'

/** What a route accepts. A part without a schema is not read. */
export interface RequestSchemas {
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  /** Of the JSON body. */
  readonly body?: z.ZodType
  /** Gives the body's bytes as they were sent. */
  readonly raw?: boolean
}

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

export interface RequestParts<Schemas extends RequestSchemas> {
  readonly params: Output<Schemas['params']>
  readonly query: Output<Schemas['query']>
  readonly body: Output<Schemas['body']>
}

interface Incoming {
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | undefined
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | undefined
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body?: string | undefined
  readonly isBase64Encoded: boolean
}

/**
 * The parts of a request that the route accepts, checked and typed.
 * @throws RequestError `invalid_request`, whose details name every part that is not as it should be
 */
export function parseRequest<Schemas extends RequestSchemas>(schemas: Schemas, event: Incoming): RequestParts<Schemas> {
  const issues: { path: string; message: string }[] = []
  const check = (part: string, schema: z.ZodType | undefined, read: () => unknown): unknown => {
    if (schema === undefined) return undefined
    const parsed = schema.safeParse(read())
    if (parsed.success) return parsed.data
    issues.push(...parsed.error.issues.map(({ path, message }) => ({ path: [part, ...path].join('.'), message })))
    return undefined
  }
  const parts = {
    params: check('params', schemas.params, () => event.pathParameters ?? {}),
    query: check('query', schemas.query, () => event.queryStringParameters ?? {}),
    body: check('body', schemas.body, () => readJson(event)),
  }
  if (issues.length > 0) {
    throw new RequestError(400, 'invalid_request', 'The request is not as expected; see details.', { details: issues })
  }
  return parts as RequestParts<Schemas>
}

export function bodyBytes(event: Incoming): Buffer {
  return Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
}

function readJson(event: Incoming): unknown {
  const type = event.headers['content-type']
  // A page of another origin can send text or a form without asking first, but not JSON.
  if (type === undefined || !/^application\/json\s*(;|$)/i.test(type)) {
    throw new RequestError(
      415,
      'invalid_request',
      `Expected content-type application/json, received ${type ?? 'none'}.`,
    )
  }
  try {
    return JSON.parse(bodyBytes(event).toString('utf8'))
  } catch (cause) {
    throw new RequestError(400, 'invalid_request', 'Expected a JSON body, received something else.', { cause })
  }
}
