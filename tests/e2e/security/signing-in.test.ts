import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { underTest } from '../../support/cloud-under-test.ts'
import { rawRequest } from '../../support/raw-request.ts'

const url = (path: string) => underTest().cloud.url + path

async function login(body: object, headers: Record<string, string> = {}) {
  const answer = await rawRequest(url('/api/auth/login'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { ...answer, body: JSON.parse(answer.text) }
}

const admin = () => ({ email: underTest().cloud.admin_email, password: underTest().cloud.admin_password })
const somebody = () => `${randomUUID()}@example.com`

describe('signing in', () => {
  it('says the same of a wrong password and of an account that does not exist', async () => {
    const wrongPassword = await login({ ...admin(), password: 'wrong' })
    const nobody = await login({ email: somebody(), password: 'wrong' })
    expect(wrongPassword.status).toBe(401)
    expect(nobody.body.error).toEqual(wrongPassword.body.error)
    expect(Object.keys(nobody.headers)).toEqual(Object.keys(wrongPassword.headers))
  })

  it('gives the session to the browser alone: no script, no other site and no open line gets it', async () => {
    const { status, headers, body } = await login(admin())
    expect(status).toBe(200)
    expect(body).not.toHaveProperty('access_token')
    const flags = 'HttpOnly; Secure; SameSite=Strict'
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(new RegExp(`^glowworm_access=[\\w.-]+; Path=/api; Max-Age=\\d+; ${flags}$`)),
      expect.stringMatching(new RegExp(`^glowworm_refresh=[\\w.-]+; Path=/api/auth; Max-Age=\\d+; ${flags}$`)),
    ])
    expect(headers['cache-control']).toBe('no-store')
  })

  it('is not possible for a form or a script of another site', async () => {
    const body = JSON.stringify(admin())
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const headers = { 'content-type': type, origin: 'https://evil.example' }
      const answer = await rawRequest(url('/api/auth/login'), { method: 'POST', headers, body })
      expect(answer.status, type).toBe(415)
      expect(answer.headers).not.toHaveProperty('set-cookie')
    }
    // JSON would have to be asked for first, and nobody is told yes.
    const preflight = await rawRequest(url('/api/auth/login'), {
      method: 'OPTIONS',
      headers: {
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    })
    expect(preflight.headers).not.toHaveProperty('access-control-allow-origin')
  })
})

describe('after five wrong passwords', () => {
  it('an account is closed for a while, whether it exists or not', async () => {
    const email = somebody()
    const statuses: number[] = []
    while (statuses.length < 5) statuses.push((await login({ email, password: 'wrong' })).status)
    const closed = await login({ email, password: 'wrong' })
    // The sixth may fall into the next quarter of an hour, which begins anew.
    if (closed.status === 401) return
    expect([...statuses, closed.status]).toEqual([401, 401, 401, 401, 401, 429])
    expect(closed.body.error.code).toBe('too_many_requests')
    expect(Number(closed.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(closed.headers['retry-after'])).toBeLessThanOrEqual(15 * 60)
    expect((await login({ email: email.toUpperCase(), password: 'wrong' })).status).toBe(429)
  })

  it('other accounts stay open, and no header makes somebody look like somebody else', async () => {
    const email = somebody()
    for (let guess = 0; guess < 5; guess++) {
      await login(
        { email, password: 'wrong' },
        { 'x-forwarded-for': `192.0.2.${guess}`, 'x-glowworm-viewer': `192.0.2.${guess}` },
      )
    }
    const disguise = {
      'x-forwarded-for': '192.0.2.9',
      forwarded: 'for=a',
      'x-glowworm-viewer': '192.0.2.9',
      'x-glowworm-edge': 'guessed',
    }
    const disguised = await login({ email, password: 'wrong' }, disguise)
    expect([401, 429]).toContain(disguised.status)
    expect((await login(admin())).status).toBe(200)
  })
})
