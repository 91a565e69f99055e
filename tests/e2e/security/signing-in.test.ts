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
    expect([wrongPassword.status, nobody.status]).toEqual([401, 401])
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

const wrong = (email: string, headers: Record<string, string> = {}) => [{ email, password: 'wrong' }, headers] as const

/** The answers to guesses for an account that nobody has, one after the other. */
async function guess(guesses: (email: string) => readonly ReturnType<typeof wrong>[]) {
  const answers: Awaited<ReturnType<typeof login>>[] = []
  for (const each of guesses(somebody())) answers.push(await login(...each))
  return answers
}

/**
 * If one of those after the fifth is let through, a quarter of an hour may have ended on the way, and counting begun anew:
 * then what comes of it once more, with another account. Two do not end within seconds.
 */
async function guessWithinOneWindow(guesses: Parameters<typeof guess>[0]) {
  const answers = await guess(guesses)
  return answers.slice(5).some(({ status }) => status === 401) ? guess(guesses) : answers
}

describe('after five wrong passwords', () => {
  it('an account is closed for a while, however it is spelled, and whether it exists or not', async () => {
    const answers = await guessWithinOneWindow((email) => [
      ...Array.from({ length: 6 }, () => wrong(email)),
      wrong(email.toUpperCase()),
    ])
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429])
    for (const { body, headers } of answers.slice(5)) {
      expect(body.error.code).toBe('too_many_requests')
      expect(Number(headers['retry-after'])).toBeGreaterThan(0)
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(15 * 60)
    }
  })

  it('other accounts stay open, and no header makes somebody look like somebody else', async () => {
    const disguise = (address: string) => ({
      'x-forwarded-for': address,
      forwarded: `for=${address}`,
      'x-glowworm-viewer': address,
      'x-glowworm-edge': 'guessed',
    })
    const answers = await guessWithinOneWindow((email) =>
      Array.from({ length: 6 }, (_, each) => wrong(email, disguise(`192.0.2.${each}`))),
    )
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429])
    expect((await login(admin())).status).toBe(200)
  })
})
