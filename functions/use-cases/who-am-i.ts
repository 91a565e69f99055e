import { RequestError } from '../core/errors.ts'
import type { AuthenticatedUser, Identity, Session } from '../core/ports.ts'

export interface Identified {
  readonly user: AuthenticatedUser
  /** Null as long as the old session is good. */
  readonly renewed: Session | null
}

/** Who the tokens stand for; renews an access token that has expired. @throws RequestError `unauthorized` */
export async function whoAmI(
  identity: Identity,
  tokens: { readonly access: string | undefined; readonly refresh: string | undefined },
): Promise<Identified> {
  const user = tokens.access === undefined ? null : await identity.authenticate(tokens.access)
  if (user !== null) return { user, renewed: null }
  const renewed = tokens.refresh === undefined ? null : await identity.refresh(tokens.refresh)
  const renewedUser = renewed === null ? null : await identity.authenticate(renewed.accessToken)
  if (renewed === null || renewedUser === null) throw new RequestError(401, 'unauthorized', 'Nobody is signed in.')
  return { user: renewedUser, renewed }
}
