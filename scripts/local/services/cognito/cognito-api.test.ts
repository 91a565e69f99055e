import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  DescribeUserPoolClientCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  type InitiateAuthCommandInput,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { type ServicesUnderTest, startServicesUnderTest } from '../testing/services-under-test.ts'

const email = 'admin@example.com'
const password = 'Correct horse 1!'

function signInTo({ client }: ServicesUnderTest) {
  // As the functions have it: no credentials are needed to sign in.
  const cognito = new CognitoIdentityProviderClient(client)
  const initiate = (AuthFlow: 'USER_PASSWORD_AUTH' | 'REFRESH_TOKEN_AUTH', AuthParameters: Record<string, string>) =>
    cognito.send(new InitiateAuthCommand({ ClientId: 'web-client', AuthFlow, AuthParameters }))
  const signIn = async (changes: Record<string, string> = {}) => {
    const answer = await initiate('USER_PASSWORD_AUTH', { USERNAME: email, PASSWORD: password, ...changes })
    return answer.AuthenticationResult
  }
  const refresh = async (token = '') =>
    (await initiate('REFRESH_TOKEN_AUTH', { REFRESH_TOKEN: token })).AuthenticationResult
  return { cognito, signIn, refresh }
}

async function cognitoUnderTest() {
  const services = await startServicesUnderTest()
  await services.ensureAdmin(email, password)
  return { services, ...signInTo(services) }
}

describe('an administrator', () => {
  test('signs in with the password and gets tokens that the key set verifies', async () => {
    const { services, signIn } = await cognitoUnderTest()
    const result = await signIn()
    expect(result).toMatchObject({ TokenType: 'Bearer', RefreshToken: expect.any(String) })
    expect(result?.ExpiresIn).toBeGreaterThan(3500)
    expect(result?.ExpiresIn).toBeLessThanOrEqual(3600)
    const issuer = `${services.url}/us-east-1_pool`
    const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(result?.AccessToken ?? '', keys, { issuer })
    expect(payload).toMatchObject({ token_use: 'access', client_id: 'web-client', 'cognito:groups': ['admins'] })
    const id = await jwtVerify(result?.IdToken ?? '', keys, { issuer, audience: 'web-client' })
    expect(id.payload).toMatchObject({ token_use: 'id', email })
  })

  test('is not told a wrong password from an unknown user', async () => {
    const { signIn } = await cognitoUnderTest()
    for (const changes of [{ PASSWORD: 'wrong' }, { USERNAME: 'nobody@example.com' }, { USERNAME: '__proto__' }]) {
      await expect(signIn(changes)).rejects.toMatchObject({
        name: 'NotAuthorizedException',
        message: 'Incorrect username or password.',
      })
    }
  })

  test('refreshes until the token is revoked', async () => {
    const { cognito, signIn, refresh } = await cognitoUnderTest()
    const { RefreshToken } = (await signIn()) ?? {}
    expect(await refresh(RefreshToken)).toMatchObject({
      AccessToken: expect.any(String),
      ExpiresIn: expect.any(Number),
    })
    await cognito.send(new RevokeTokenCommand({ ClientId: 'web-client', Token: RefreshToken }))
    await expect(refresh(RefreshToken)).rejects.toMatchObject({ name: 'NotAuthorizedException' })
    await expect(refresh('nonsense')).rejects.toMatchObject({ name: 'NotAuthorizedException' })
  })

  test('is the same after a restart, and may get another password', async () => {
    const { services, signIn } = await cognitoUnderTest()
    const { RefreshToken } = (await signIn()) ?? {}
    const restarted = await services.restart()
    const again = signInTo(restarted)
    expect(await again.refresh(RefreshToken)).toBeDefined()
    expect(await again.signIn()).toBeDefined()
    await restarted.ensureAdmin(email, 'Another 1!')
    await expect(again.signIn()).rejects.toMatchObject({ name: 'NotAuthorizedException' })
    expect(await again.signIn({ PASSWORD: 'Another 1!' })).toBeDefined()
    const stored = await readFile(join(restarted.dataDirectory, 'cognito', 'us-east-1_pool.json'), 'utf8')
    expect(Object.keys(JSON.parse(stored).Users)).toHaveLength(1)
  })

  test('signs in many times at once', async () => {
    const { signIn, refresh } = await cognitoUnderTest()
    const results = await Promise.all(Array.from({ length: 10 }, () => signIn()))
    for (const result of results) expect(await refresh(result?.RefreshToken)).toBeDefined()
  })
})

describe('operations', () => {
  test('on pools need credentials, those of users their token', async () => {
    const { services, cognito, signIn } = await cognitoUnderTest()
    const { AccessToken } = (await signIn()) ?? {}
    expect(await cognito.send(new GetUserCommand({ AccessToken }))).toMatchObject({
      UserAttributes: expect.arrayContaining([{ Name: 'email', Value: email }]),
    })
    const user = { UserPoolId: 'us-east-1_pool', Username: email }
    const known = await cognito.send(new AdminGetUserCommand(user))
    expect(known.UserCreateDate).toBeInstanceOf(Date)
    const unsigned = await fetch(services.url, {
      method: 'POST',
      headers: {
        'x-amz-target': 'AWSCognitoIdentityProviderService.AdminGetUser',
        'content-type': 'application/x-amz-json-1.1',
      },
      body: JSON.stringify(user),
    })
    expect(unsigned.status).toBe(403)
  })

  test('know the clients of the template only', async () => {
    const { cognito } = await cognitoUnderTest()
    const { UserPoolClient } = await cognito.send(
      new DescribeUserPoolClientCommand({ UserPoolId: 'us-east-1_pool', ClientId: 'web-client' }),
    )
    expect(UserPoolClient).toMatchObject({ ClientId: 'web-client', RefreshTokenValidity: 30 })
    const input: InitiateAuthCommandInput = {
      ClientId: 'other',
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: email, PASSWORD: password },
    }
    await expect(cognito.send(new InitiateAuthCommand(input))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  test('that cognito-local lacks are refused by name', async () => {
    const { cognito, signIn } = await cognitoUnderTest()
    const { AccessToken } = (await signIn()) ?? {}
    await expect(cognito.send(new GlobalSignOutCommand({ AccessToken }))).rejects.toMatchObject({
      name: 'NotImplemented',
      $metadata: { httpStatusCode: 501 },
    })
  })
})
