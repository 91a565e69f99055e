import type { Identity } from '../core/ports.ts'

export interface RequestToAuthorize {
  readonly method: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly cookies: Readonly<Record<string, string>>
}

export type Decision = { readonly email: string } | 'unauthorized' | 'forbidden'

const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** The group whose members may use the API. */
const admins = 'admins'

/** Lets admins in: with a bearer token, or with the session cookie on requests that our own pages make. */
export async function authorizeRequest(identity: Identity, request: RequestToAuthorize): Promise<Decision> {
  const bearer = bearerToken(request.headers.authorization)
  const token = bearer ?? request.cookies.glowworm_access
  const user = token === undefined ? null : await identity.authenticate(token)
  if (user === null) return 'unauthorized'
  if (!user.groups.includes(admins)) return 'forbidden'
  // A browser sends the cookie with whatever page asks it to; a token of their own only our clients can add.
  if (bearer === undefined && !comesFromOurPages(request)) return 'forbidden'
  return { email: user.email }
}

/** The token of an `Authorization` header; undefined without one. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(header ?? '')?.[1]
}

/**
 * By what only browsers set, and all do; `none` is the address bar. What changes something has to prove it; what only
 * reads is refused where it says the opposite. `Origin` would not help: behind the CDN the host is not the site's.
 */
export function comesFromOurPages({ method, headers }: Pick<RequestToAuthorize, 'method' | 'headers'>): boolean {
  const site = headers['sec-fetch-site']
  if (!safeMethods.includes(method)) return site === 'same-origin'
  return site === undefined || site === 'same-origin' || site === 'none'
}
