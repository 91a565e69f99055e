import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { cognito } from './aws-clients.ts'
import { cognitoIdentity } from './cognito-identity.ts'
import { listening } from './testing/aws-stand-ins.ts'

const pool = await generateKeyPair('RS256')
const stranger = await generateKeyPair('RS256')
const jwk = { ...(await exportJWK(pool.publicKey)), kid: 'key-1', alg: 'RS256', use: 'sig' }

/** What the pool answers next to a call, and what it was asked. */
const cognitoPool = {
  answers: {} as Record<string, { status?: number; body: object }>,
  calls: [] as { action: string; body: unknown }[],
  keyRequests: 0,
  keysStatus: 200,
}
const server = createServer(async (request, response) => {
  if (request.url?.endsWith('/.well-known/jwks.json')) {
    cognitoPool.keyRequests++
    response.writeHead(cognitoPool.keysStatus).end(JSON.stringify({ keys: [jwk] }))
    return
  }
  const action = String(request.headers['x-amz-target']).split('.').at(-1) ?? ''
  cognitoPool.calls.push({ action, body: await json(request) })
  const { status = 200, body } = cognitoPool.answers[action] ?? { body: {} }
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
})
const config = await listening(server)
afterAll(() => server.close())
beforeEach(() => {
  Object.assign(cognitoPool, { answers: {}, calls: [], keyRequests: 0, keysStatus: 200 })
})

const issuer = `${config.endpoint}/us-east-1_pool`
const newIdentity = () => cognitoIdentity({ client: cognito(config), clientId: 'client-1', issuer })
const identity = newIdentity()

const inAnHour = () => Math.floor(Date.now() / 1_000) + 3_600
function token(change: JWTPayload = {}, { key = pool.privateKey, kid = 'key-1' } = {}): Promise<string> {
  return new SignJWT({
    iss: issuer,
    client_id: 'client-1',
    token_use: 'access',
    username: 'admin@example.test',
    'cognito:groups': ['admins'],
    exp: inAnHour(),
    ...change,
  })
    .setProtectedHeader({ alg: 'RS256', kid })
    .sign(key)
}
const refusal = (name: string) => ({ status: 400, body: { __type: name, message: name } })

describe('an access token', () => {
  test('of the pool says who it is, with which rights and until when', async () => {
    const exp = inAnHour()
    expect(await identity.authenticate(await token({ exp }))).toEqual({
      email: 'admin@example.test',
      groups: ['admins'],
      expiresAt: new Date(exp * 1_000),
    })
  })

  test('may be of somebody in no group', async () => {
    expect((await identity.authenticate(await token({ 'cognito:groups': undefined })))?.groups).toEqual([])
  })

  test.each([
    ['has expired', () => token({ exp: inAnHour() - 7_200 })],
    ['never expires', () => token({ exp: undefined as unknown as number })],
    ['is of another pool', () => token({ iss: 'https://cognito.test/other' })],
    ['is of another client', () => token({ client_id: 'client-2' })],
    ['is an id token', () => token({ token_use: 'id' })],
    ['names nobody', () => token({ username: undefined })],
    ['is signed by a stranger', () => token({}, { key: stranger.privateKey })],
    ['names a key that the pool has not', () => token({}, { kid: 'key-2' })],
    ['was changed', async () => (await token()).replace(/\.(.)/, '._$1')],
    ['is no token', async () => 'token'],
    ['is empty', async () => ''],
    [
      'claims to need no signature',
      async () => `${btoa('{"alg":"none"}')}.${(await token()).split('.')[1]}.`.replaceAll('=', ''),
    ],
  ])('is worth nothing when it %s', async (_what, make) => {
    expect(await identity.authenticate(await make())).toBeNull()
  })

  test('is checked with keys that are fetched once', async () => {
    const fresh = newIdentity()
    for (let use = 0; use < 3; use++) expect(await fresh.authenticate(await token())).not.toBeNull()
    expect(cognitoPool.keyRequests).toBe(1)
  })

  test('is checked with the keys of what stands in for AWS, whose tokens name AWS', async () => {
    const onAws = 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool'
    const options = { client: cognito(config), clientId: 'client-1', issuer: onAws, endpoint: config.endpoint }
    const user = await cognitoIdentity(options).authenticate(await token({ iss: onAws }))
    expect(user?.email).toBe('admin@example.test')
    expect(cognitoPool.keyRequests).toBe(1)
  })

  test('is neither good nor bad while the keys cannot be fetched', async () => {
    cognitoPool.keysStatus = 503
    const checking = newIdentity().authenticate(await token())
    await expect(checking).rejects.toMatchObject({ code: 'storage_unavailable' })
  })
})

describe('signing in', () => {
  test('answers tokens and when the first of them ends', async () => {
    const exp = inAnHour()
    const accessToken = await token({ exp })
    cognitoPool.answers.InitiateAuth = {
      body: { AuthenticationResult: { AccessToken: accessToken, RefreshToken: 'refresh-1' } },
    }
    expect(await identity.signIn('admin@example.test', 'correct horse')).toEqual({
      accessToken,
      refreshToken: 'refresh-1',
      expiresAt: new Date(exp * 1_000),
    })
    expect(cognitoPool.calls[0]?.body).toEqual({
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'admin@example.test', PASSWORD: 'correct horse' },
      ClientId: 'client-1',
    })
  })

  test.each([
    'NotAuthorizedException',
    'UserNotFoundException',
    'UserNotConfirmedException',
    'PasswordResetRequiredException',
  ])('says no more than no for %s', async (name) => {
    cognitoPool.answers.InitiateAuth = refusal(name)
    expect(await identity.signIn('admin@example.test', 'wrong')).toBeNull()
  })

  test('tells an account that has to set a password first what to do', async () => {
    cognitoPool.answers.InitiateAuth = { body: { ChallengeName: 'NEW_PASSWORD_REQUIRED' } }
    await expect(identity.signIn('a@example.test', 'temporary')).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('NEW_PASSWORD_REQUIRED'),
    })
  })

  test('asks to wait after too many attempts', async () => {
    cognitoPool.answers.InitiateAuth = refusal('TooManyRequestsException')
    await expect(identity.signIn('a@example.test', 'x')).rejects.toMatchObject({ status: 429 })
  })

  test('does not call a mistake of ours a wrong password', async () => {
    cognitoPool.answers.InitiateAuth = refusal('InvalidParameterException')
    await expect(identity.signIn('a@example.test', 'x')).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})

describe('a refresh token', () => {
  test('gives a new session, which may keep the old refresh token', async () => {
    cognitoPool.answers.InitiateAuth = { body: { AuthenticationResult: { AccessToken: await token() } } }
    expect(await identity.refresh('refresh-1')).toMatchObject({ refreshToken: null })
    expect(cognitoPool.calls[0]?.body).toMatchObject({
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: 'refresh-1' },
    })
  })

  test('that is not valid any more gives none', async () => {
    cognitoPool.answers.InitiateAuth = refusal('NotAuthorizedException')
    expect(await identity.refresh('refresh-1')).toBeNull()
  })

  test('is revoked on signing out', async () => {
    await identity.signOut('refresh-1')
    expect(cognitoPool.calls).toEqual([{ action: 'RevokeToken', body: { ClientId: 'client-1', Token: 'refresh-1' } }])
  })

  test.each(['NotAuthorizedException', 'InvalidParameterException', 'UnsupportedTokenTypeException'])(
    'that cannot be revoked (%s) needs no revoking',
    async (name) => {
      cognitoPool.answers.RevokeToken = refusal(name)
      await expect(identity.signOut('refresh-1')).resolves.toBeUndefined()
    },
  )
})
