import { expect, it } from 'vitest'
import { noSessionCookies, sessionCookies } from './session-cookies.ts'

const now = new Date('2026-11-23T08:00:00.000Z')
const session = { accessToken: 'a.b.c', refreshToken: 'r', expiresAt: new Date(now.getTime() + 3_600_000) }

it('gives each token to the paths that need it, out of reach of scripts and other sites', () => {
  expect(sessionCookies(session, now)).toEqual([
    'glowworm_access=a.b.c; Path=/api; Max-Age=3600; HttpOnly; Secure; SameSite=Strict',
    'glowworm_refresh=r; Path=/api/auth; Max-Age=2592000; HttpOnly; Secure; SameSite=Strict',
  ])
})

it('keeps the refresh token of a session that is renewed', () => {
  expect(sessionCookies({ ...session, refreshToken: null }, now)).toHaveLength(1)
})

it('takes both away, under the paths that they were given to', () => {
  expect(noSessionCookies).toEqual([
    'glowworm_access=; Path=/api; Max-Age=0; HttpOnly; Secure; SameSite=Strict',
    'glowworm_refresh=; Path=/api/auth; Max-Age=0; HttpOnly; Secure; SameSite=Strict',
  ])
})
