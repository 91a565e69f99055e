import type { APIGatewayRequestAuthorizerEvent, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda'
import { expect, test } from 'vitest'
import { type Decision, type RequestToAuthorize, requestAuthorizer, socketAuthorizer } from './authorizer.ts'
import { outputOf } from './testing/captured-output.ts'
import { lambdaContext } from './testing/lambda-context.ts'

function httpRequest(change: Partial<APIGatewayRequestAuthorizerEventV2> = {}): APIGatewayRequestAuthorizerEventV2 {
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: 'arn:aws:execute-api:us-east-1:000000000000:api/$default/GET/api/images',
    identitySource: [],
    routeKey: 'GET /api/images',
    rawPath: '/api/images',
    rawQueryString: '',
    cookies: ['glowworm_access=token'],
    headers: { 'sec-fetch-site': 'same-origin' },
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: 'api.test',
      domainPrefix: 'api',
      http: { method: 'GET', path: '/api/images', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'request-1',
      routeKey: 'GET /api/images',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    ...change,
  }
}

async function authorize(decision: Decision | Error, event = httpRequest()) {
  const seen: RequestToAuthorize[] = []
  const handler = requestAuthorizer(async (request) => {
    seen.push(request)
    if (decision instanceof Error) throw decision
    return decision
  })
  const answer: { result?: unknown; error?: unknown } = {}
  await outputOf(async () => {
    try {
      answer.result = await handler(event, lambdaContext())
    } catch (error) {
      answer.error = error
    }
  })
  return { ...answer, request: seen[0] }
}

test('lets a user through and says who it is', async () => {
  const { result, request } = await authorize({ email: 'admin@example.test' })
  expect(result).toEqual({ isAuthorized: true, context: { email: 'admin@example.test' } })
  expect(request).toMatchObject({
    method: 'GET',
    cookies: { glowworm_access: 'token' },
    headers: { 'sec-fetch-site': 'same-origin' },
  })
})

test('answers no to somebody without the rights', async () => {
  expect((await authorize('forbidden')).result).toEqual({ isAuthorized: false, context: {} })
})

test('fails with the one message that API Gateway answers with 401 when nobody is signed in', async () => {
  expect((await authorize('unauthorized')).error).toEqual(new Error('Unauthorized'))
})

test('lets nobody through when deciding fails', async () => {
  expect((await authorize(new TypeError('x'))).error).toBeInstanceOf(TypeError)
})

test('reads a request without cookies or headers', async () => {
  const { cookies: _none, headers: _neither, ...bare } = httpRequest()
  const { request } = await authorize('forbidden', bare as APIGatewayRequestAuthorizerEventV2)
  expect(request).toMatchObject({ cookies: {}, headers: {} })
})

test('opens a socket for an admitted query, and no other', async () => {
  const handler = socketAuthorizer(async ({ ticket }) => ticket === 'good')
  const connect = (ticket: string) => ({
    methodArn: 'arn:connect',
    queryStringParameters: { ticket },
    requestContext: { requestId: 'request-1' },
  })
  await outputOf(async () => {
    expect(await handler(connect('good') as unknown as APIGatewayRequestAuthorizerEvent, lambdaContext())).toEqual({
      principalId: 'ticket',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: 'arn:connect' }],
      },
    })
    const bad = handler(connect('bad') as unknown as APIGatewayRequestAuthorizerEvent, lambdaContext())
    await expect(bad).rejects.toThrow(/^Unauthorized$/)
  })
})
