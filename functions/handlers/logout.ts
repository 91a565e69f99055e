import { cognito } from '../adapters/aws-clients.ts'
import { cognitoIdentity } from '../adapters/cognito-identity.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { signOut } from '../use-cases/sign-out.ts'
import { noSessionCookies } from './shared/session-cookies.ts'

const env = readEnv(['USER_POOL_CLIENT_ID', 'TOKEN_ISSUER', 'AWS_ENDPOINT_URL'])
const identity = cognitoIdentity({
  client: cognito(),
  clientId: env.USER_POOL_CLIENT_ID,
  issuer: env.TOKEN_ISSUER,
  endpoint: env.AWS_ENDPOINT_URL,
})

export const handler = httpHandler({}, async ({ headers, cookies, logger }) => {
  await signOut({ identity, log: logger }, { headers, refreshToken: cookies.glowworm_refresh })
  return { status: 204, cookies: noSessionCookies }
})
