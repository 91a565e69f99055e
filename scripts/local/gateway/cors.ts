import type { HttpApiModel } from '../model.ts'
import type { GatewayRequest, GatewayResponse } from './http-message.ts'

type CorsModel = NonNullable<HttpApiModel['cors']>

/** The answer to a preflight; null if the request is none. API Gateway gives it without asking any function. */
export function preflightResponse(cors: CorsModel | null, request: GatewayRequest): GatewayResponse | null {
  if (cors === null || request.method !== 'OPTIONS') return null
  if (!request.headers.origin || !request.headers['access-control-request-method']) return null
  const allowed = corsHeaders(cors, request)
  return {
    status: 204,
    headers: {
      ...allowed,
      ...(Object.keys(allowed).length > 0 && {
        'access-control-allow-methods': cors.allowMethods.join(','),
        'access-control-allow-headers': cors.allowHeaders.join(','),
        ...(cors.maxAgeSeconds !== null && { 'access-control-max-age': String(cors.maxAgeSeconds) }),
      }),
    },
    body: Buffer.alloc(0),
  }
}

/** The response with the headers of the API's CORS configuration, which replace those of the function. */
export function withCors(cors: CorsModel | null, request: GatewayRequest, response: GatewayResponse): GatewayResponse {
  if (cors === null) return response
  const own = Object.entries(response.headers).filter(([name]) => !name.startsWith('access-control-'))
  return { ...response, headers: { ...Object.fromEntries(own), ...corsHeaders(cors, request) } }
}

function corsHeaders(cors: CorsModel, request: GatewayRequest): Record<string, string> {
  const origin = request.headers.origin?.[0]
  if (origin === undefined) return {}
  const named = cors.allowOrigins.includes(origin)
  if (!named && !cors.allowOrigins.includes('*')) return {}
  return {
    'access-control-allow-origin': named ? origin : '*',
    ...(named && { vary: 'Origin' }),
    ...(cors.allowCredentials && { 'access-control-allow-credentials': 'true' }),
  }
}
