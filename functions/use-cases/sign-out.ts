import type { Identity, Log } from '../core/ports.ts'

/** Ends the session for good. The cookies go in any case, so a failure here keeps nobody signed in at this browser. */
export async function signOut(
  ports: { readonly identity: Identity; readonly log: Log },
  refreshToken: string | undefined,
): Promise<void> {
  if (refreshToken === undefined) return
  await ports.identity.signOut(refreshToken).catch((error: unknown) => {
    ports.log.warn('The refresh token could not be revoked; it ends when it expires', { error })
  })
}
