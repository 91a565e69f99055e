import { RequestError } from '../core/errors.ts'
import type { Ambient, AuthenticatedUser, Identity, Session, SignInFailures, SignInWindow } from '../core/ports.ts'

export interface SignInPorts {
  readonly identity: Identity
  readonly failures: SignInFailures
  readonly ambient: Pick<Ambient, 'now'>
}

export interface Credentials {
  readonly email: string
  readonly password: string
  /** The network address of whoever asks, as the gateway saw it. */
  readonly address: string
}

export interface SignedIn {
  readonly user: AuthenticatedUser
  readonly session: Session
}

/** As many wrong passwords as Cognito itself takes before it begins to lock an account. */
const failuresPerWindow = 5
const windowMs = 15 * 60_000

/**
 * A session for the right password. Wrong ones are counted per account and address, whether the account exists or not.
 * @throws RequestError `invalid_credentials`, without saying which of the two is wrong; `too_many_requests` once there
 *   were too many, even for the right password
 */
export async function signIn(ports: SignInPorts, { email, password, address }: Credentials): Promise<SignedIn> {
  const { identity, failures } = ports
  const now = ports.ambient.now()
  const window = windowOf(email, address, now)
  const before = await failures.count(window)
  if (before >= failuresPerWindow) throw tooManyFailures(window, now)

  const session = await identity.signIn(email, password)
  const user = session === null ? null : await identity.authenticate(session.accessToken)
  if (session === null || user === null) {
    if (await failures.add(window, failuresPerWindow)) throw invalidCredentials()
    throw tooManyFailures(window, now)
  }
  // Of many guesses side by side the right one must not stand out once the others have used the window up.
  const after = await failures.count(window)
  if (after >= failuresPerWindow) throw tooManyFailures(window, now)
  if (after > 0) await failures.clear(window)
  return { user, session }
}

/** The pool does not tell upper from lower case in user names. */
function windowOf(email: string, address: string, now: Date): SignInWindow {
  const endsAt = new Date((Math.floor(now.getTime() / windowMs) + 1) * windowMs)
  return { account: email.toLowerCase(), address, endsAt }
}

const invalidCredentials = (): RequestError =>
  new RequestError(401, 'invalid_credentials', 'The email address or the password is wrong.')

function tooManyFailures({ endsAt }: SignInWindow, now: Date): RequestError {
  const retryAfterSeconds = Math.ceil((endsAt.getTime() - now.getTime()) / 1_000)
  const minutes = Math.ceil(retryAfterSeconds / 60)
  const message = `Too many wrong passwords. Try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`
  return new RequestError(429, 'too_many_requests', message, { retryAfterSeconds })
}
