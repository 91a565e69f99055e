import {
  type AuthenticationResultType,
  type CognitoIdentityProviderClient,
  InitiateAuthCommand,
  type InitiateAuthCommandInput,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createRemoteJWKSet, decodeJwt, errors, jwtVerify } from 'jose'
import * as z from 'zod'
import { ImageError, RequestError } from '../core/errors.ts'
import type { Identity, Session } from '../core/ports.ts'

/** Answers that say no more than: not with these credentials. */
const refusals = new Set([
  'NotAuthorizedException',
  'UserNotFoundException',
  'UserNotConfirmedException',
  'PasswordResetRequiredException',
])

const notRevocable = new Set(['NotAuthorizedException', 'InvalidParameterException', 'UnsupportedTokenTypeException'])

/**
 * Of an access token. The user name is the e-mail address: the pool signs in by user name, and its users are created
 * with their address as that. So the address comes without a second token and without asking Cognito.
 */
const accessClaims = z.object({
  token_use: z.literal('access'),
  username: z.string(),
  'cognito:groups': z.array(z.string()).default([]),
  exp: z.number(),
})

/**
 * Users of a Cognito pool. Access tokens are checked here, with the keys that the pool publishes; these are fetched
 * once and kept.
 * @param issuer URL of the user pool, as tokens name it
 * @param endpoint of what stands in for AWS: there the keys are, whatever its tokens name
 */
export function cognitoIdentity({
  client,
  clientId,
  issuer,
  endpoint,
}: {
  client: CognitoIdentityProviderClient
  clientId: string
  issuer: string
  endpoint?: string | undefined
}): Identity {
  const pool = endpoint === undefined ? issuer : new URL(new URL(issuer).pathname, endpoint).href
  const keys = createRemoteJWKSet(new URL(`${pool}/.well-known/jwks.json`), { timeoutDuration: 3_000 })

  async function initiate(
    AuthFlow: InitiateAuthCommandInput['AuthFlow'],
    AuthParameters: Record<string, string>,
  ): Promise<Session | null> {
    try {
      const { AuthenticationResult, ChallengeName } = await client.send(
        new InitiateAuthCommand({ AuthFlow, AuthParameters, ClientId: clientId }),
      )
      if (AuthenticationResult !== undefined) return sessionOf(AuthenticationResult)
      const message = `This account has to answer ${ChallengeName} first; ask the one who made it.`
      throw new RequestError(403, 'forbidden', message)
    } catch (error) {
      if (error instanceof Error && refusals.has(error.name)) return null
      if (error instanceof ImageError && (error.cause as Error).name === 'TooManyRequestsException') {
        throw new RequestError(429, 'too_many_requests', 'Too many attempts. Wait a little.', { cause: error })
      }
      throw error
    }
  }

  return {
    signIn: (email, password) => initiate('USER_PASSWORD_AUTH', { USERNAME: email, PASSWORD: password }),

    refresh: (refreshToken) => initiate('REFRESH_TOKEN_AUTH', { REFRESH_TOKEN: refreshToken }),

    async signOut(refreshToken) {
      try {
        await client.send(new RevokeTokenCommand({ Token: refreshToken, ClientId: clientId }))
      } catch (error) {
        // A token that is not valid needs no revoking.
        if (!(error instanceof Error && notRevocable.has(error.name))) throw error
      }
    },

    async authenticate(accessToken) {
      try {
        const { payload } = await jwtVerify(accessToken, keys, { issuer, algorithms: ['RS256'] })
        const claims = accessClaims.safeParse(payload)
        if (!claims.success || payload.client_id !== clientId) return null
        const { username, 'cognito:groups': groups, exp } = claims.data
        return { email: username, groups, expiresAt: new Date(exp * 1_000) }
      } catch (error) {
        if (isAboutTheToken(error)) return null
        throw new ImageError('storage_unavailable', 'The keys of the user pool cannot be fetched.', { cause: error })
      }
    },
  }
}

function sessionOf({ AccessToken, RefreshToken }: AuthenticationResultType): Session {
  if (AccessToken === undefined) throw new Error('Expected an access token from Cognito, received none.')
  const { exp = 0 } = decodeJwt(AccessToken)
  return { accessToken: AccessToken, refreshToken: RefreshToken ?? null, expiresAt: new Date(exp * 1_000) }
}

/** As opposed to trouble with fetching the keys. */
function isAboutTheToken(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return false
  return !(
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  )
}
