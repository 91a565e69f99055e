import { cognito } from '../adapters/aws-clients.ts'
import { cognitoIdentity } from '../adapters/cognito-identity.ts'
import { requestAuthorizer } from '../runtime/authorizer.ts'
import { readEnv } from '../runtime/env.ts'
import { authorizeRequest } from '../use-cases/authorize-request.ts'

const env = readEnv(['USER_POOL_CLIENT_ID', 'TOKEN_ISSUER', 'AWS_ENDPOINT_URL'])
const identity = cognitoIdentity({
  client: cognito(),
  clientId: env.USER_POOL_CLIENT_ID,
  issuer: env.TOKEN_ISSUER,
  endpoint: env.AWS_ENDPOINT_URL,
})

export const handler = requestAuthorizer((request) => authorizeRequest(identity, request))
