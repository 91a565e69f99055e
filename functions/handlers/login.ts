import { loginRequest } from '@glowworm/events/http-api'
import { cognito } from '../adapters/aws-clients.ts'
import { cognitoIdentity } from '../adapters/cognito-identity.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbSignInGuesses } from '../adapters/dynamodb-sign-in-guesses.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { httpHandler } from '../runtime/http.ts'
import { viewerAddress } from '../runtime/viewer-address.ts'
import { signIn } from '../use-cases/sign-in.ts'
import { sessionCookies } from './shared/session-cookies.ts'

const env = readEnv([
  'USER_POOL_CLIENT_ID',
  'TOKEN_ISSUER',
  'AWS_ENDPOINT_URL',
  'SIGN_IN_FAILURES_TABLE',
  'EDGE_SECRET',
])
const ports = {
  identity: cognitoIdentity({
    client: cognito(),
    clientId: env.USER_POOL_CLIENT_ID,
    issuer: env.TOKEN_ISSUER,
    endpoint: env.AWS_ENDPOINT_URL,
  }),
  guesses: dynamoDbSignInGuesses({ client: dynamoDb(), tableName: env.SIGN_IN_FAILURES_TABLE }),
  ambient,
}

export const handler = httpHandler({ body: loginRequest }, async (request) => {
  const { email, password, mode } = request.body
  const address = viewerAddress(request, env.EDGE_SECRET)
  const { user, session } = await signIn(ports, { email, password, address })
  const answer = {
    user: { email: user.email, groups: user.groups },
    expires_at: session.expiresAt.toISOString(),
  }
  return mode === 'bearer'
    ? { status: 200, body: { ...answer, access_token: session.accessToken } }
    : { status: 200, body: answer, cookies: sessionCookies(session, ambient.now()) }
})
