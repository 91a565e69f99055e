import { randomUUID } from 'node:crypto'
import { AdminDeleteUserCommand, CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import poolKey from 'cognito-local/lib/keys/cognitoLocal.private.json' with { type: 'json' }
import { decodeJwt, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose'
import { afterAll } from 'vitest'
import { ApiClient } from '../../scripts/client/api-client.ts'
import { createAccount, newPassword } from '../../scripts/deploy/admin.ts'
import { underTest } from './cloud-under-test.ts'

const leave: (() => Promise<unknown>)[] = []
afterAll(() => Promise.all(leave.map((deleteAccount) => deleteAccount())))

/** An account that can sign in and is in no group, until the tests of this file are over. */
async function signInAsViewer(UserPoolId: string): Promise<string> {
  const cognito = new CognitoIdentityProviderClient(underTest().aws)
  const viewer = { email: `e2e-viewer-${randomUUID()}@example.com`, password: newPassword() }
  leave.push(() => cognito.send(new AdminDeleteUserCommand({ UserPoolId, Username: viewer.email })))
  await createAccount(cognito, UserPoolId, viewer)
  return (await ApiClient.signIn(underTest().cloud.url, viewer.email, viewer.password)).accessToken
}

/** Those who come to the API, each by the headers that they come with. */
export async function callers() {
  const { url, admin_email, admin_password } = underTest().cloud
  const { accessToken } = await ApiClient.signIn(url, admin_email, admin_password)
  const claims = decodeJwt(accessToken)
  const { iss = '' } = claims
  const strange = (await generateKeyPair('RS256')).privateKey
  const own = underTest().cannot['tokens of our own making'] ? strange : await importJWK(poolKey.jwk, 'RS256')
  const sign = (change: JWTPayload, key = own) =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'RS256', kid: poolKey.jwk.kid }).sign(key)
  const [head, payload, signature] = accessToken.split('.')
  const forged = Buffer.from(JSON.stringify({ ...claims, exp: 4_000_000_000 })).toString('base64url')
  const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const cookie = { cookie: `glowworm_access=${accessToken}` }

  return {
    anonymous: {},
    'token of our own making': bearer(await sign({})),
    'expired token': bearer(await sign({ exp: Math.floor(Date.now() / 1_000) - 60 })),
    'tampered token': bearer(`${head}.${forged}.${signature}`),
    'token without a signature': bearer(`${unsigned}.${payload}.`),
    'token of a stranger': bearer(await sign({}, strange)),
    'token of another pool': bearer(await sign({ iss: `${iss}x` })),
    'token of another client': bearer(await sign({ client_id: 'another' })),
    'id token': bearer(await sign({ token_use: 'id' })),
    'expired cookie': { cookie: `glowworm_access=${await sign({ exp: Math.floor(Date.now() / 1_000) - 60 })}` },
    'no admin': bearer(await signInAsViewer(iss.slice(iss.lastIndexOf('/') + 1))),
    admin: bearer(accessToken),
    'admin by cookie': { ...cookie, 'sec-fetch-site': 'same-origin' },
    "admin's cookie, other site": { ...cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    "admin's cookie, other port": { ...cookie, 'sec-fetch-site': 'same-site', origin: 'http://localhost:9' },
    "admin's cookie, foreign origin": { ...cookie, origin: 'https://evil.example' },
    "admin's cookie, no browser": cookie,
  } satisfies Record<string, Readonly<Record<string, string>>>
}

export type Caller = keyof Awaited<ReturnType<typeof callers>>

/**
 * Whose tokens have the signature of the pool. The first has everything right, as an admin's; the others everything but
 * one thing, which is what they are refused for.
 */
export const callersOfOurOwnMaking: readonly Caller[] = [
  'token of our own making',
  'expired token',
  'token of another pool',
  'token of another client',
  'id token',
  'expired cookie',
]
