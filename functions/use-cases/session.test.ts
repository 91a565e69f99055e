import { describe, expect, it } from 'vitest'
import { authorizeRequest } from './authorize-request.ts'
import { type Credentials, signIn } from './sign-in.ts'
import { signOut } from './sign-out.ts'
import { createClock } from './testing/clock.ts'
import { inMemoryIdentity, inMemoryLog, inMemorySignInGuesses } from './testing/in-memory-ports.ts'
import { turn } from './testing/turn.ts'
import { whoAmI } from './who-am-i.ts'

const admin = {
  email: 'admin@example.org',
  password: 'correct horse',
  groups: ['admins'],
  expiresAt: new Date('2026-11-23T09:00:00.000Z'),
}
const { password: _, ...visible } = admin

/** One account, and the way to sign in to it; the clock stands at the beginning of a window. */
function setUp() {
  const clock = createClock(new Date('2026-11-23T08:00:00.000Z'))
  const identity = inMemoryIdentity(admin)
  const ports = { identity, guesses: inMemorySignInGuesses(), ambient: clock }
  const enter = (change: Partial<Credentials> = {}) =>
    signIn(ports, { email: admin.email, password: admin.password, address: '192.0.2.1', ...change })
  /** The code of the answer to each of so many guesses, one after the other. */
  const guess = async (times: number, change: Partial<Credentials> = {}) => {
    const codes: string[] = []
    while (codes.length < times) {
      codes.push(
        await enter({ password: 'wrong', ...change }).then(
          () => 'signed in',
          ({ code }) => code,
        ),
      )
    }
    return codes
  }
  return { clock, identity, ports, enter, guess }
}

const tooMany = { status: 429, code: 'too_many_requests' }

const ofOurPage = { 'sec-fetch-site': 'same-origin' }

describe('signing in', () => {
  it('opens a session for the right password', async () => {
    expect(await setUp().enter()).toMatchObject({ user: visible })
  })

  it.each([
    ['wrong password', { password: 'wrong' }],
    ['unknown address', { email: 'nobody@example.org' }],
  ])('is refused in the same words for a %s', async (_what, change) => {
    await expect(setUp().enter(change)).rejects.toMatchObject({
      status: 401,
      code: 'invalid_credentials',
      message: 'The email address or the password is wrong.',
    })
  })
})

describe('after five wrong passwords', () => {
  const five = Array.from({ length: 5 }, () => 'invalid_credentials')

  it.each([
    ['the account', admin.email],
    ['an account that does not exist', 'nobody@example.org'],
  ])('%s is closed, for the right one, too, and says for how long', async (_what, email) => {
    const { guess, enter, clock } = setUp()
    clock.advance(60_500)
    expect(await guess(6, { email })).toEqual([...five, 'too_many_requests'])
    await expect(enter({ email })).rejects.toMatchObject({
      ...tooMany,
      retryAfterSeconds: 840,
      message: 'Too many wrong passwords. Try again in 14 minutes.',
    })
  })

  it('Cognito is not asked any more', async () => {
    const { ports, guess } = setUp()
    await guess(5)
    const identity = { ...ports.identity, signIn: () => Promise.reject(new Error('was asked')) }
    const guessAgain = signIn({ ...ports, identity }, { email: admin.email, password: 'x', address: '192.0.2.1' })
    await expect(guessAgain).rejects.toMatchObject(tooMany)
  })

  it('it opens again when the quarter of an hour is over', async () => {
    const { guess, enter, clock } = setUp()
    await guess(5)
    clock.advance(15 * 60_000 - 1)
    await expect(enter()).rejects.toMatchObject(tooMany)
    clock.advance(1)
    expect(await enter()).toMatchObject({ user: visible })
  })

  it('it is open from elsewhere, and other accounts are open from here', async () => {
    const { guess, enter } = setUp()
    await guess(5)
    expect(await enter({ address: '192.0.2.2' })).toMatchObject({ user: visible })
    expect(await guess(1, { email: 'nobody@example.org' })).toEqual(['invalid_credentials'])
  })

  it('another spelling of the account does not help', async () => {
    const { guess } = setUp()
    await guess(5)
    expect(await guess(1, { email: admin.email.toUpperCase() })).toEqual(['too_many_requests'])
  })

  it('a right one before the last begins anew', async () => {
    const { guess, enter } = setUp()
    await guess(4)
    await enter()
    expect(await guess(5)).toEqual(five)
  })

  it.each([
    ['last', 50],
    ['first', 0],
  ])(
    'guesses side by side are looked at no more often than five in a row, the right one among them %s',
    async (_place, at) => {
      const { ports } = setUp()
      const looked: string[] = []
      const identity: typeof ports.identity = {
        ...ports.identity,
        async signIn(email, password) {
          looked.push(password)
          // All others have begun by then.
          await turn()
          return ports.identity.signIn(email, password)
        },
      }
      const passwords = Array.from({ length: 50 }, (_, guess) => `wrong ${guess}`).toSpliced(at, 0, admin.password)
      const answers = await Promise.allSettled(
        passwords.map((password) =>
          signIn({ ...ports, identity }, { email: admin.email, password, address: '192.0.2.1' }),
        ),
      )
      const codes = answers.map((answer) => (answer.status === 'rejected' ? answer.reason.code : 'signed in'))
      expect(looked).toEqual(passwords.slice(0, 5))
      expect(codes.slice(5)).toEqual(Array.from({ length: 46 }, () => 'too_many_requests'))
    },
  )

  it('a guess that nobody looked at does not count', async () => {
    const { ports, guess } = setUp()
    await guess(4)
    const identity = { ...ports.identity, signIn: () => Promise.reject(new Error('Cognito is away')) }
    const enter = () => signIn({ ...ports, identity }, { email: admin.email, password: 'x', address: '192.0.2.1' })
    for (let attempt = 0; attempt < 9; attempt++) await expect(enter()).rejects.toThrow('Cognito is away')
    expect(await guess(2)).toEqual(['invalid_credentials', 'too_many_requests'])
  })

  it('another address of the same IPv6 network does not help', async () => {
    const { guess } = setUp()
    await guess(5, { address: '2001:db8:1:2::1' })
    expect(await guess(1, { address: '2001:db8:1:2:ffff::2' })).toEqual(['too_many_requests'])
    expect(await guess(1, { address: '2001:db8:1:3::1' })).toEqual(['invalid_credentials'])
  })
})

describe('a session', () => {
  it('says who it is for', async () => {
    const { identity, enter } = setUp()
    const { session } = await enter()
    const identified = await whoAmI(identity, { access: session.accessToken, refresh: undefined })
    expect(identified).toEqual({ user: visible, renewed: null })
  })

  it('is renewed when its access token has expired', async () => {
    const { identity, enter } = setUp()
    const { session } = await enter()
    identity.expire(session.accessToken)
    const refresh = session.refreshToken ?? undefined
    const { user, renewed } = await whoAmI(identity, { access: session.accessToken, refresh })
    expect(user).toEqual(visible)
    expect(renewed?.accessToken).not.toBe(session.accessToken)
  })

  it('has ended once it is signed out', async () => {
    const { identity, enter } = setUp()
    const { session } = await enter()
    const refresh = session.refreshToken ?? undefined
    await signOut({ identity, log: inMemoryLog() }, { headers: ofOurPage, refreshToken: refresh })
    await expect(whoAmI(identity, { access: undefined, refresh })).rejects.toMatchObject({ code: 'unauthorized' })
  })

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling', { 'sec-fetch-site': 'same-site' }],
    ['who knows where', {}],
  ])('is not ended by %s', async (_where, headers) => {
    const { identity, enter } = setUp()
    const { session } = await enter()
    const refresh = session.refreshToken ?? undefined
    const forged = signOut({ identity, log: inMemoryLog() }, { headers, refreshToken: refresh })
    await expect(forged).rejects.toMatchObject({ status: 403, code: 'forbidden' })
    expect(await whoAmI(identity, { access: undefined, refresh })).toMatchObject({ user: { email: admin.email } })
  })

  it('ends for the browser even if it cannot be revoked', async () => {
    const log = inMemoryLog()
    const identity = { ...inMemoryIdentity(admin), signOut: () => Promise.reject(new Error('away')) }
    await signOut({ identity, log }, { headers: ofOurPage, refreshToken: 'refresh-0' })
    expect(log.lines).toMatchObject([{ level: 'warn' }])
  })
})

describe('a request', () => {
  async function decide(request: {
    method?: string
    headers?: Record<string, string>
    cookies?: Record<string, string>
    groups?: string[]
    with?: 'cookie' | 'bearer'
  }) {
    const identity = inMemoryIdentity({ ...admin, groups: request.groups ?? admin.groups })
    const { session } = await signIn(
      { ...setUp().ports, identity },
      { email: admin.email, password: admin.password, address: '192.0.2.1' },
    )
    return authorizeRequest(identity, {
      method: request.method ?? 'GET',
      headers: {
        host: 'photos.example.org',
        ...(request.with === 'bearer' && { authorization: `Bearer ${session.accessToken}` }),
        ...request.headers,
      },
      cookies: { ...(request.with === 'cookie' && { glowworm_access: session.accessToken }), ...request.cookies },
    })
  }
  const passes = { email: admin.email }

  it.each([
    ['with no credentials', {}, 'unauthorized'],
    ['with a token that is no token', { headers: { authorization: 'Bearer nonsense' } }, 'unauthorized'],
    ['with another scheme', { headers: { authorization: 'Basic YTpi' } }, 'unauthorized'],
    ['with a cookie that is no token', { cookies: { glowworm_access: 'nonsense' } }, 'unauthorized'],
    ['with a bad token and a good cookie', { with: 'cookie', headers: { authorization: 'Bearer x' } }, 'unauthorized'],
    ['of somebody who is no admin', { with: 'bearer', groups: ['viewers'] }, 'forbidden'],
    ['with a bearer token', { with: 'bearer', method: 'DELETE' }, passes],
    ['with a cookie, that changes nothing', { with: 'cookie' }, passes],
    ['with a cookie, that reads from our page', reads('same-origin'), passes],
    ['with a cookie, that reads from the address bar', reads('none'), passes],
    ['with a cookie, that reads from another site', reads('cross-site'), 'forbidden'],
    ['with a cookie, that reads from a sibling', reads('same-site'), 'forbidden'],
    ['with a bearer token, from another site', { with: 'bearer', headers: { 'sec-fetch-site': 'cross-site' } }, passes],
    ['with a cookie, from our page', { ...change(), headers: { 'sec-fetch-site': 'same-origin' } }, passes],
    ['with a cookie, from another site', { ...change(), headers: { 'sec-fetch-site': 'cross-site' } }, 'forbidden'],
    ['with a cookie, from a sibling', { ...change(), headers: { 'sec-fetch-site': 'same-site' } }, 'forbidden'],
    ['with a cookie, from who knows where', { ...change(), headers: {} }, 'forbidden'],
    ['with a cookie, from who knows where', change(), 'forbidden'],
  ] as const)('%s: %j', async (_what, request, decision) => {
    expect(await decide(request as Parameters<typeof decide>[0])).toEqual(decision)
  })

  function reads(site: string) {
    return { with: 'cookie', headers: { 'sec-fetch-site': site } } as const
  }

  function change() {
    return { with: 'cookie', method: 'POST' } as const
  }
})
