import { cognito } from '../adapters/aws-clients.ts'
import { cognitoIdentity } from '../adapters/cognito-identity.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { bearerToken, comesFromOurPages } from '../use-cases/authorize-request.ts'
import { whoAmI } from '../use-cases/who-am-i.ts'
import { sessionCookies } from './shared/session-cookies.ts'

const env = readEnv(['USER_POOL_CLIENT_ID', 'TOKEN_ISSUER', 'AWS_ENDPOINT_URL'])
const identity = cognitoIdentity({
  client: cognito(),
  clientId: env.USER_POOL_CLIENT_ID,
  issuer: env.TOKEN_ISSUER,
  endpoint: env.AWS_ENDPOINT_URL,
})

export const handler = httpHandler({}, async ({ headers, cookies }) => {
  // What a page of another site sends along counts for nothing.
  const session = comesFromOurPages({ method: 'GET', headers }) ? cookies : {}
  const access = bearerToken(headers.authorization) ?? session.glowworm_access
  const { user, renewed } = await whoAmI(identity, { access, refresh: session.glowworm_refresh })
  return {
    status: 200,
    body: { user: { email: user.email, groups: user.groups }, expires_at: user.expiresAt.toISOString() },
    ...(renewed && { cookies: sessionCookies(renewed, ambient.now()) }),
  }
})
