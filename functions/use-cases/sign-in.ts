import { RequestError } from '../core/errors.ts'
import type { AuthenticatedUser, Identity, Session } from '../core/ports.ts'

export interface SignedIn {
  readonly user: AuthenticatedUser
  readonly session: Session
}

/** @throws RequestError `invalid_credentials`, without saying which of the two is wrong */
export async function signIn(identity: Identity, email: string, password: string): Promise<SignedIn> {
  const session = await identity.signIn(email, password)
  const user = session === null ? null : await identity.authenticate(session.accessToken)
  if (session === null || user === null) {
    throw new RequestError(401, 'invalid_credentials', 'The email address or the password is wrong.')
  }
  return { user, session }
}
