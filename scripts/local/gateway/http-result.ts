import { z } from 'zod'
import type { GatewayResponse } from './http-message.ts'

const headerValue = z.union([z.string(), z.number(), z.boolean()]).transform(String)

const structuredResult = z.object({
  statusCode: z.coerce.number().int().min(200).max(599),
  headers: z.record(z.string(), headerValue).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
})

/** They belong to the connection to the function, and the server here writes its own. */
const connectionHeaders = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade'])

/**
 * What a function returned, as a response: payload format 2.0, or the shorthand without a `statusCode`, which is a
 * JSON body. Null if it is neither.
 */
export function responseOf(value: unknown): GatewayResponse | null {
  if (typeof value !== 'object' || value === null || !('statusCode' in value)) return shorthand(value)
  const parsed = structuredResult.safeParse(value)
  if (!parsed.success) return null
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data
  const named = Object.entries(headers ?? {})
    .map(([name, text]) => [name.toLowerCase(), text] as const)
    .filter(([name]) => !connectionHeaders.has(name))
  return {
    status: statusCode,
    headers: {
      ...(body && { 'content-type': 'text/plain;charset=UTF-8' }),
      ...Object.fromEntries(named),
      ...(cookies && cookies.length > 0 && { 'set-cookie': cookies }),
    },
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  }
}

function shorthand(value: unknown): GatewayResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value ?? null)),
  }
}
