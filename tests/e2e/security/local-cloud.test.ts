import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { localUnderTest } from '../../support/cloud-under-test.ts'
import { rawRequest } from '../../support/raw-request.ts'

/**
 * The local cloud's keys are no secret: its credentials and the key that signs its tokens are the same everywhere. What
 * guards it is that nothing but this machine reaches it, and that a browser on this machine cannot be used against it.
 */
const doors = {
  'the site': { url: () => `${localUnderTest().localCloud.url}/`, answered: 200, refused: 421 },
  'the API': { url: () => `${localUnderTest().localCloud.url}/api/health`, answered: 200, refused: 421 },
  // Who is heard there, and has not signed, is refused, too: only the reason tells the two apart.
  'the AWS services': { url: () => `${localUnderTest().localCloud.endpoints.dynamodb}/`, answered: 403, refused: 403 },
} as const

const onlyLocalhost = /localhost, and nothing else/

describe.each(Object.entries(doors))('%s', (_door, { url, answered, refused }) => {
  const port = () => new URL(url()).port

  it.each(['localhost', '127.0.0.1', '[::1]'])('answers to %s', async (name) => {
    const { status, text } = await rawRequest(url(), { headers: { host: `${name}:${port()}` } })
    expect(status, text).toBe(answered)
    expect(text).not.toMatch(onlyLocalhost)
  })

  // A page whose name its owner points at 127.0.0.1 is of the same origin as what it asks there.
  it.each([
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'localhost@evil.example',
    '0.0.0.0',
    '',
  ])('does not answer to the name "%s"', async (name) => {
    const { status, text } = await rawRequest(url(), { headers: { host: `${name}:${port()}` } })
    expect(status).toBe(refused)
    expect(text).toMatch(onlyLocalhost)
    expect(text).not.toMatch(/<html|"status":"ok"/)
  })

  it('is heard on the loopback interface only', async ({ skip }) => {
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    if (outside.length === 0) skip('this machine has no other address to be heard at')
    for (const { address } of outside) {
      await expect(rawRequest(`http://${address}:${port()}/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    }
  })
})

describe('the switch for faults', () => {
  const faults = (headers: Record<string, string>, method = 'GET') =>
    rawRequest(`${localUnderTest().localCloud.endpoints.dynamodb}/_faults`, { method, headers })

  it.each([
    ['without the token', {}],
    ['with another', { authorization: 'Bearer guessed' }],
    ['with the credentials that everybody knows', { authorization: 'Bearer local-secret' }],
  ])('is not for somebody %s', async (_what, headers) => {
    for (const method of ['GET', 'PUT', 'DELETE', 'POST']) {
      expect((await faults(headers, method)).status, method).toBe(403)
    }
  })

  it('is not for a web page, token or not, nor for a name that is not ours', async () => {
    const authorization = `Bearer ${localUnderTest().localCloud.steering_token}`
    expect((await faults({ authorization })).status).toBe(200)
    expect((await faults({ authorization, origin: 'https://evil.example' })).status).toBe(403)
    expect((await faults({ authorization, host: 'evil.example' })).status).toBe(403)
  })
})

describe('a page of another origin', () => {
  const origin = 'https://evil.example'
  const aws = () => `${localUnderTest().localCloud.endpoints.dynamodb}/`

  /** Requests that a browser sends without asking first. */
  it.each([
    ['a form for SQS', 'application/x-www-form-urlencoded', 'Action=ListQueues&Version=2012-11-05'],
    ['text for DynamoDB', 'text/plain', '{}'],
    ['a form for SNS', 'application/x-www-form-urlencoded', 'Action=ListTopics&Version=2010-03-31'],
  ])('is refused %s', async (_what, type, body) => {
    for (const headers of [
      { origin, 'content-type': type },
      // As the sandboxed frame of a page has it.
      { origin: 'null', 'content-type': type },
      { origin, 'content-type': type, 'x-amz-target': 'DynamoDB_20120810.ListTables' },
    ]) {
      const answer = await rawRequest(aws(), { method: 'POST', headers, body })
      expect(answer.status).toBe(403)
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    }
  })

  it('is told no when it asks whether it may', async () => {
    for (const door of Object.values(doors)) {
      const answer = await rawRequest(door.url(), {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, x-amz-target, content-type',
        },
      })
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
      expect(answer.status).toBeGreaterThanOrEqual(400)
    }
  })

  it('may not even sign in, with credentials that anybody could know', async () => {
    const body = JSON.stringify({
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: {
        USERNAME: localUnderTest().localCloud.admin_email,
        PASSWORD: localUnderTest().localCloud.admin_password,
      },
      ClientId: 'any',
    })
    const headers = {
      origin,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    }
    expect((await rawRequest(aws(), { method: 'POST', headers, body })).status).toBe(403)
  })
})
