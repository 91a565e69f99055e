import type { CorsRule } from '../../model.ts'
import type { AwsRequest } from '../aws-request.ts'
import { header } from '../aws-request.ts'
import { ServiceError } from '../service-error.ts'

type Headers = Readonly<Record<string, string>>

/** Response headers for a request from another origin; none if no rule of the bucket allows it. */
export function corsHeaders(rules: readonly CorsRule[], request: AwsRequest): Headers {
  const origin = header(request, 'origin')
  if (origin === undefined) return {}
  const rule = findRule(rules, origin, request.method)
  return rule === undefined ? {} : allowing(rule, origin)
}

/**
 * The answer to an OPTIONS request.
 * @throws ServiceError 403 if no rule of the bucket allows what is announced
 */
export function preflightHeaders(rules: readonly CorsRule[], request: AwsRequest): Headers {
  const origin = header(request, 'origin')
  const method = header(request, 'access-control-request-method')
  if (origin === undefined || method === undefined) {
    throw new ServiceError(
      400,
      'BadRequest',
      'Insufficient information. Origin and Access-Control-Request-Method request headers needed.',
    )
  }
  const asked = (header(request, 'access-control-request-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  const rule = findRule(rules, origin, method, asked)
  if (rule === undefined) {
    throw new ServiceError(
      403,
      'AccessForbidden',
      `CORSResponse: This CORS request is not allowed: no rule of the bucket allows ${method} from ${origin} with [${asked}].`,
    )
  }
  return {
    ...allowing(rule, origin),
    ...(asked.length > 0 && { 'access-control-allow-headers': asked.join(', ') }),
    ...(rule.maxAgeSeconds !== null && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
  }
}

function findRule(
  rules: readonly CorsRule[],
  origin: string,
  method: string,
  headers: readonly string[] = [],
): CorsRule | undefined {
  return rules.find(
    (rule) =>
      rule.allowedOrigins.some((pattern) => wildcard(pattern, origin)) &&
      rule.allowedMethods.includes(method) &&
      headers.every((name) => rule.allowedHeaders.some((pattern) => wildcard(pattern.toLowerCase(), name))),
  )
}

function allowing(rule: CorsRule, origin: string): Headers {
  const anyOrigin = rule.allowedOrigins.includes('*')
  return {
    'access-control-allow-origin': anyOrigin ? '*' : origin,
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    ...(rule.exposedHeaders.length > 0 && { 'access-control-expose-headers': rule.exposedHeaders.join(', ') }),
    ...(!anyOrigin && { 'access-control-allow-credentials': 'true' }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  }
}

/** S3 allows one `*` in a pattern. */
function wildcard(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*')
  if (star === -1) return pattern === text
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)]
  return text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail)
}
