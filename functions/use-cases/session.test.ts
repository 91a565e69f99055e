import { describe, expect, it } from 'vitest'
import { authorizeRequest } from './authorize-request.ts'
import { signIn } from './sign-in.ts'
import { signOut } from './sign-out.ts'
import { inMemoryIdentity, inMemoryLog } from './testing/in-memory-ports.ts'
import { whoAmI } from './who-am-i.ts'

const admin = {
  email: 'admin@example.org',
  password: 'correct horse',
  groups: ['admins'],
  expiresAt: new Date('2026-11-23T09:00:00.000Z'),
}
const { password: _, ...visible } = admin

describe('signing in', () => {
  it('opens a session for the right password', async () => {
    const identity = inMemoryIdentity(admin)
    expect(await signIn(identity, admin.email, admin.password)).toMatchObject({ user: visible })
  })

  it.each([
    ['wrong password', admin.email, 'wrong'],
    ['unknown address', 'nobody@example.org', admin.password],
  ])('is refused in the same words for a %s', async (_what, email, password) => {
    await expect(signIn(inMemoryIdentity(admin), email, password)).rejects.toMatchObject({
      status: 401,
      code: 'invalid_credentials',
      message: 'The email address or the password is wrong.',
    })
  })
})

describe('a session', () => {
  it('says who it is for', async () => {
    const identity = inMemoryIdentity(admin)
    const { session } = await signIn(identity, admin.email, admin.password)
    const identified = await whoAmI(identity, { access: session.accessToken, refresh: undefined })
    expect(identified).toEqual({ user: visible, renewed: null })
  })

  it('is renewed when its access token has expired', async () => {
    const identity = inMemoryIdentity(admin)
    const { session } = await signIn(identity, admin.email, admin.password)
    identity.expire(session.accessToken)
    const refresh = session.refreshToken ?? undefined
    const { user, renewed } = await whoAmI(identity, { access: session.accessToken, refresh })
    expect(user).toEqual(visible)
    expect(renewed?.accessToken).not.toBe(session.accessToken)
  })

  it('has ended once it is signed out', async () => {
    const identity = inMemoryIdentity(admin)
    const { session } = await signIn(identity, admin.email, admin.password)
    const refresh = session.refreshToken ?? undefined
    await signOut({ identity, log: inMemoryLog() }, refresh)
    await expect(whoAmI(identity, { access: undefined, refresh })).rejects.toMatchObject({ code: 'unauthorized' })
  })

  it('ends for the browser even if it cannot be revoked', async () => {
    const log = inMemoryLog()
    const identity = { ...inMemoryIdentity(admin), signOut: () => Promise.reject(new Error('away')) }
    await signOut({ identity, log }, 'refresh-0')
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
    const { session } = await signIn(identity, admin.email, admin.password)
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
    ['with a cookie, from our page', { ...change(), headers: { 'sec-fetch-site': 'same-origin' } }, passes],
    ['with a cookie, from another site', { ...change(), headers: { 'sec-fetch-site': 'cross-site' } }, 'forbidden'],
    ['with a cookie, from a sibling', { ...change(), headers: { 'sec-fetch-site': 'same-site' } }, 'forbidden'],
    ['with a cookie, from who knows where', { ...change(), headers: {} }, 'forbidden'],
    ['with a cookie, from who knows where', change(), 'forbidden'],
  ] as const)('%s: %j', async (_what, request, decision) => {
    expect(await decide(request as Parameters<typeof decide>[0])).toEqual(decision)
  })

  function change() {
    return { with: 'cookie', method: 'POST' } as const
  }
})
