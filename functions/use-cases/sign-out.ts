import { RequestError } from '../core/errors.ts'
import type { Identity, Log } from '../core/ports.ts'
import { comesFromOurPages } from './authorize-request.ts'

/**
 * Ends the session for good. The cookies go in any case, so a failure here keeps nobody signed in at this browser.
 * @param request.headers names in lower case
 * @throws RequestError `forbidden` for any page but our own: the answer takes the cookies away, sent or not
 */
export async function signOut(
  ports: { readonly identity: Identity; readonly log: Log },
  request: {
    readonly headers: Readonly<Record<string, string | undefined>>
    readonly refreshToken: string | undefined
  },
): Promise<void> {
  if (!comesFromOurPages({ method: 'POST', headers: request.headers })) {
    throw new RequestError(403, 'forbidden', 'Sign out on a page of this site.')
  }
  const { refreshToken } = request
  if (refreshToken === undefined) return
  await ports.identity.signOut(refreshToken).catch((error: unknown) => {
    ports.log.warn('The refresh token could not be revoked; it ends when it expires', { error })
  })
}
