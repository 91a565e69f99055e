import { CognitoError, InvalidPasswordError, UnsupportedError } from 'cognito-local/lib/errors.js'
import publicKey from 'cognito-local/lib/keys/cognitoLocal.public.json' with { type: 'json' }
import { type Router as CognitoRouter, Router } from 'cognito-local/lib/server/Router.js'
import { DateClock } from 'cognito-local/lib/services/clock.js'
import type { CognitoService } from 'cognito-local/lib/services/cognitoService.js'
import type { Services } from 'cognito-local/lib/services/index.js'
import { JwtTokenGenerator } from 'cognito-local/lib/services/tokenGenerator.js'
import type { UserPoolModel } from '../../model.ts'
import type { AwsRequest, AwsResponse } from '../aws-request.ts'
import { type AwsService, type BufferedRequest, jsonInput, targetOperation } from '../service.ts'
import { notImplemented, ServiceError } from '../service-error.ts'
import { silentContext as ctx } from './silent-context.ts'
import { expiryOf, hasExpired } from './tokens.ts'
import { openUserPools } from './user-pools.ts'

/** Operations whose callers prove themselves by a password or a token instead of a signature. */
const publicOperations = new Set([
  'ChangePassword',
  'ConfirmForgotPassword',
  'ConfirmSignUp',
  'DeleteUser',
  'DeleteUserAttributes',
  'ForgotPassword',
  'GetUser',
  'GetUserAttributeVerificationCode',
  'GlobalSignOut',
  'InitiateAuth',
  'ResendConfirmationCode',
  'RespondToAuthChallenge',
  'RevokeToken',
  'SignUp',
  'UpdateUserAttributes',
  'VerifyUserAttribute',
])

interface AuthenticationOutput {
  readonly AuthenticationResult?: { readonly AccessToken: string }
}

/** Cognito user pools: the targets of cognito-local without its server. */
export class CognitoApi implements AwsService {
  readonly name = 'cognito-idp'
  readonly protocol = 'json-1.1'
  readonly #pools: readonly UserPoolModel[]
  readonly #cognito: CognitoService
  readonly #route: CognitoRouter

  private constructor(pools: readonly UserPoolModel[], cognito: CognitoService, route: CognitoRouter) {
    this.#pools = pools
    this.#cognito = cognito
    this.#route = route
  }

  /** Tokens are issued by `{endpointUrl}/{poolId}`. */
  static async start(directory: string, pools: readonly UserPoolModel[], endpointUrl: string): Promise<CognitoApi> {
    const cognito = await openUserPools(directory, pools)
    const triggers = { enabled: () => false } as unknown as Services['triggers']
    const clock = new DateClock()
    const services: Services = {
      clock,
      cognito,
      triggers,
      config: {} as Services['config'],
      messages: { deliver: refuseToDeliver },
      otp: refuseToDeliver,
      tokenGenerator: new JwtTokenGenerator(clock, triggers, { IssuerDomain: endpointUrl }),
    }
    return new CognitoApi(pools, cognito, Router(services))
  }

  identify(request: BufferedRequest): { operation: string; resource: string } {
    const { UserPoolId, ClientId } = jsonInput(request)
    return { operation: targetOperation(request), resource: String(ClientId ?? UserPoolId ?? '') }
  }

  isPublic(operation: string): boolean {
    return publicOperations.has(operation)
  }

  async answer(request: BufferedRequest, operation: string): Promise<AwsResponse> {
    const output = await this.#perform(operation, jsonInput(request))
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(output, epochSeconds),
    }
  }

  /** The key set of a pool, at `/{poolId}/.well-known/jwks.json`; null for any other path. */
  keySet(request: AwsRequest): AwsResponse | null {
    const [, poolId] = /^\/([^/]+)\/\.well-known\/jwks\.json$/.exec(request.path) ?? []
    if (request.method !== 'GET' || !this.#pools.some((pool) => pool.id === poolId)) return null
    const body = JSON.stringify({ keys: [publicKey.jwk] })
    return { status: 200, headers: { 'content-type': 'application/json' }, body }
  }

  /** An administrator who can sign in with this password, in every pool that has the group `admins`. */
  async ensureAdmin(email: string, password: string): Promise<void> {
    for (const { id: UserPoolId, groups } of this.#pools) {
      if (!groups.includes('admins')) continue
      const pool = await this.#cognito.getUserPool(ctx, UserPoolId)
      const user = await pool.getUserByUsername(ctx, email)
      if (user === null) {
        const UserAttributes = [
          { Name: 'email', Value: email },
          { Name: 'email_verified', Value: 'true' },
        ]
        await this.#perform('AdminCreateUser', {
          UserPoolId,
          Username: email,
          UserAttributes,
          MessageAction: 'SUPPRESS',
        })
      }
      if (user?.Password !== password || user.UserStatus !== 'CONFIRMED') {
        const Permanent = true
        await this.#perform('AdminSetUserPassword', { UserPoolId, Username: email, Password: password, Permanent })
      }
      await this.#perform('AdminAddUserToGroup', { UserPoolId, Username: email, GroupName: 'admins' })
    }
  }

  async #perform(operation: string, input: Record<string, unknown>): Promise<unknown> {
    if (operation === 'InitiateAuth') refuseExpiredToken(input)
    try {
      return withExpiry(await this.#route(operation)(ctx, input))
    } catch (thrown) {
      throw asServiceError(thrown, operation)
    }
  }
}

function refuseToDeliver(): never {
  throw notImplemented('cognito-idp', 'the delivery of messages')
}

/** cognito-local itself takes a refresh token for as long as it is stored. */
function refuseExpiredToken({ AuthParameters }: Record<string, unknown>): void {
  const token = (AuthParameters as Record<string, unknown> | undefined)?.REFRESH_TOKEN
  if (typeof token === 'string' && hasExpired(token)) {
    throw new ServiceError(400, 'NotAuthorizedException', 'Refresh Token has expired')
  }
}

/** Cognito says how long tokens live; cognito-local leaves it out. */
function withExpiry(output: AuthenticationOutput): AuthenticationOutput {
  const result = output.AuthenticationResult
  const expiry = result === undefined ? null : expiryOf(result.AccessToken)
  if (result === undefined || expiry === null) return output
  const ExpiresIn = expiry - Math.floor(Date.now() / 1000)
  return { ...output, AuthenticationResult: { ...result, ExpiresIn, TokenType: 'Bearer' } as typeof result }
}

function asServiceError(thrown: unknown, operation: string): unknown {
  if (thrown instanceof UnsupportedError) return notImplemented('cognito-idp', `${operation} (${thrown.message})`)
  // Cognito does not tell a wrong password from an unknown user.
  const denied = thrown instanceof InvalidPasswordError || operation === 'InitiateAuth'
  if (denied && thrown instanceof CognitoError && /^(InvalidPassword|NotAuthorized)Exception$/.test(thrown.code)) {
    return new ServiceError(400, 'NotAuthorizedException', 'Incorrect username or password.', { cause: thrown })
  }
  return thrown instanceof CognitoError ? new ServiceError(400, thrown.code, thrown.message, { cause: thrown }) : thrown
}

/** Dates travel as epoch seconds; JSON.stringify has already turned `value` into text here, but not its holder's. */
function epochSeconds(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key]
  return original instanceof Date ? Math.floor(original.getTime() / 1000) : value
}
