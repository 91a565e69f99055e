import { RequestError } from '../core/errors.ts'
import { networkOf } from '../core/network.ts'
import type { Ambient, AuthenticatedUser, Identity, Session, SignInGuesses, SignInWindow } from '../core/ports.ts'

export interface SignInPorts {
  readonly identity: Identity
  readonly guesses: SignInGuesses
  readonly ambient: Pick<Ambient, 'now'>
}

export interface Credentials {
  readonly email: string
  readonly password: string
  /** The network address of whoever asks. */
  readonly address: string
}

export interface SignedIn {
  readonly user: AuthenticatedUser
  readonly session: Session
}

/** As many wrong passwords as Cognito itself takes before it begins to lock an account. */
const guessesPerWindow = 5
const windowMs = 15 * 60_000

/**
 * A session for the right password. Guesses are counted per account and network, whether the account exists or not, and
 * each before it is looked at: side by side no more of them learn anything than in a row. A right one begins anew.
 * @throws RequestError `invalid_credentials`, without saying which of the two is wrong; `too_many_requests` once there
 *   were too many, even for the right password
 */
export async function signIn(ports: SignInPorts, { email, password, address }: Credentials): Promise<SignedIn> {
  const now = ports.ambient.now()
  const window = windowOf(email, address, now)
  if (!(await ports.guesses.count(window, guessesPerWindow))) throw tooManyGuesses(window, now)
  const signedIn = await evaluate(ports, email, password).catch(async (error: unknown) => {
    // Nobody has said whether it was right: nothing was learnt by it.
    await ports.guesses.takeBack(window)
    throw error
  })
  if (signedIn === null) throw invalidCredentials()
  await ports.guesses.clear(window)
  return signedIn
}

async function evaluate({ identity }: SignInPorts, email: string, password: string): Promise<SignedIn | null> {
  const session = await identity.signIn(email, password)
  const user = session === null ? null : await identity.authenticate(session.accessToken)
  return session === null || user === null ? null : { session, user }
}

/** The pool does not tell upper from lower case in user names. */
function windowOf(email: string, address: string, now: Date): SignInWindow {
  const endsAt = new Date((Math.floor(now.getTime() / windowMs) + 1) * windowMs)
  return { account: email.toLowerCase(), network: networkOf(address), endsAt }
}

const invalidCredentials = (): RequestError =>
  new RequestError(401, 'invalid_credentials', 'The email address or the password is wrong.')

function tooManyGuesses({ endsAt }: SignInWindow, now: Date): RequestError {
  const retryAfterSeconds = Math.ceil((endsAt.getTime() - now.getTime()) / 1_000)
  const minutes = Math.ceil(retryAfterSeconds / 60)
  const message = `Too many wrong passwords. Try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`
  return new RequestError(429, 'too_many_requests', message, { retryAfterSeconds })
}
