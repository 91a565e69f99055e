/** Cookies of the session: scripts cannot read them, and no other site can have them sent. */
const guarded = 'HttpOnly; Secure; SameSite=Strict'

const accessCookie = (token: string, seconds: number) =>
  `glowworm_access=${token}; Path=/api; Max-Age=${seconds}; ${guarded}`

/** Goes only to where sessions are renewed and ended. */
const refreshCookie = (token: string, seconds: number) =>
  `glowworm_refresh=${token}; Path=/api/auth; Max-Age=${seconds}; ${guarded}`

/** As long as Cognito accepts a refresh token. */
const refreshSeconds = 30 * 24 * 3600

/** A session that is renewed keeps the refresh token that it has. */
export function sessionCookies(
  session: { readonly accessToken: string; readonly refreshToken: string | null; readonly expiresAt: Date },
  now: Date,
): string[] {
  const seconds = Math.max(0, Math.floor((session.expiresAt.getTime() - now.getTime()) / 1000))
  const access = accessCookie(session.accessToken, seconds)
  return session.refreshToken === null ? [access] : [access, refreshCookie(session.refreshToken, refreshSeconds)]
}

export const noSessionCookies: readonly string[] = [accessCookie('', 0), refreshCookie('', 0)]
