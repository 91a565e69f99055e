import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { readable } from '../testing/rights.ts'
import { glowwormApp, templatesOf } from '../testing/synthesize.ts'

const { api } = templatesOf(glowwormApp())
const apis = Object.entries(api.findResources('AWS::ApiGatewayV2::Api'))
const integrations = api.findResources('AWS::ApiGatewayV2::Integration')

function apiId(protocol: 'HTTP' | 'WEBSOCKET'): string {
  const [id] = apis.find(([, { Properties }]) => Properties.ProtocolType === protocol) ?? []
  if (!id) throw new Error(`Expected an API of ${protocol}`)
  return id
}

/** Function and authoriser by route. */
function routesOf(protocol: 'HTTP' | 'WEBSOCKET'): Record<string, { fn: string; authorizer: string | null }> {
  const id = apiId(protocol)
  const routes = Object.values(api.findResources('AWS::ApiGatewayV2::Route', { Properties: { ApiId: { Ref: id } } }))
  return Object.fromEntries(
    routes.map(({ Properties }) => {
      const target = Properties.Target['Fn::Join'][1].find((part: unknown) => typeof part === 'object').Ref
      const uri = integrations[target]?.Properties.IntegrationUri
      return [
        Properties.RouteKey,
        {
          fn: functionOf(uri),
          authorizer:
            Properties.AuthorizationType === 'CUSTOM' ? authorizerFunction(Properties.AuthorizerId.Ref) : null,
        },
      ]
    }),
  )
}

function authorizerFunction(id: string): string {
  return functionOf(api.findResources('AWS::ApiGatewayV2::Authorizer')[id]?.Properties.AuthorizerUri)
}

/** The function in an ARN, or in the invocation URI around it. */
function functionOf(reference: Record<string, unknown>): string {
  const parts = 'Fn::Join' in reference ? (reference['Fn::Join'] as [string, object[]])[1] : [reference]
  const arn = parts.find((part) => typeof part === 'object' && 'Fn::GetAtt' in part)
  return readable(arn)
}

describe('HTTP API', () => {
  it('lets nobody pass but by the authoriser, except on the public routes', () => {
    const authorizer = 'AuthorizeRequest'
    expect(routesOf('HTTP')).toEqual({
      'POST /api/images/upload': { fn: 'UploadImage', authorizer },
      'POST /api/uploads': { fn: 'BeginUpload', authorizer },
      'POST /api/uploads/{id}/complete': { fn: 'CompleteUpload', authorizer },
      'POST /api/images/check-duplicates': { fn: 'CheckDuplicates', authorizer },
      'GET /api/images': { fn: 'ListImages', authorizer },
      'GET /api/images/{id}': { fn: 'GetImage', authorizer },
      'PATCH /api/images/{id}': { fn: 'ChangeImage', authorizer },
      'POST /api/images/bulk-delete': { fn: 'BulkDelete', authorizer },
      'POST /api/images/retry-failed': { fn: 'RetryFailed', authorizer },
      'DELETE /api/images/{id}': { fn: 'DeleteImage', authorizer },
      'GET /api/images/{id}/original': { fn: 'GetOriginal', authorizer },
      'POST /api/images/{id}/retry-processing': { fn: 'RetryProcessing', authorizer },
      'GET /api/settings/display-sizes': { fn: 'GetDisplaySizes', authorizer },
      'PUT /api/settings/display-sizes': { fn: 'ChangeDisplaySizes', authorizer },
      'GET /api/settings/display-sizes/coverage': { fn: 'DisplaySizesCoverage', authorizer },
      'GET /api/processing/stats': { fn: 'ProcessingStats', authorizer },
      'POST /api/processing/redrive': { fn: 'Redrive', authorizer },
      'POST /api/ws/tickets': { fn: 'CreateTicket', authorizer },
      'POST /api/auth/login': { fn: 'Login', authorizer: null },
      'POST /api/auth/logout': { fn: 'Logout', authorizer: null },
      'GET /api/auth/me': { fn: 'Me', authorizer: null },
      'HEAD /api/auth/me': { fn: 'Me', authorizer: null },
      'GET /api/health': { fn: 'Health', authorizer: null },
      'HEAD /api/health': { fn: 'Health', authorizer: null },
      'GET /api/openapi.json': { fn: 'Openapi', authorizer: null },
      'HEAD /api/openapi.json': { fn: 'Openapi', authorizer: null },
      'GET /media/{id}/{name}': { fn: 'ResolveMedia', authorizer: null },
      'HEAD /media/{id}/{name}': { fn: 'ResolveMedia', authorizer: null },
    })
  })

  it('asks the authoriser every time, whatever the request carries', () => {
    api.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      ApiId: { Ref: apiId('HTTP') },
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: [],
    })
  })

  it('has one stage that deploys itself, throttles and keeps an access log without query strings, headers or addresses', () => {
    api.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      ApiId: { Ref: apiId('HTTP') },
      StageName: '$default',
      AutoDeploy: true,
      // Metrics of each route would be billed one by one.
      DefaultRouteSettings: {
        ThrottlingRateLimit: 200,
        ThrottlingBurstLimit: 400,
        DetailedMetricsEnabled: Match.absent(),
      },
      AccessLogSettings: {
        DestinationArn: Match.anyValue(),
        Format: Match.not(Match.stringLikeRegexp('header|querystring|cookie|sourceIp|\\$context.authorizer.email')),
      },
    })
  })
})

describe('WebSocket API', () => {
  it('authorises a connection when it opens, by the ticket in its query string', () => {
    expect(routesOf('WEBSOCKET')).toEqual({
      $connect: { fn: 'SocketConnect', authorizer: 'AuthorizeSocket' },
      $disconnect: { fn: 'SocketDisconnect', authorizer: null },
      $default: { fn: 'SocketMessage', authorizer: null },
    })
    api.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      ApiId: { Ref: apiId('WEBSOCKET') },
      AuthorizerType: 'REQUEST',
      IdentitySource: ['route.request.querystring.ticket'],
    })
  })

  it('has the stage "live"', () => {
    api.hasResourceProperties('AWS::ApiGatewayV2::Stage', { ApiId: { Ref: apiId('WEBSOCKET') }, StageName: 'live' })
  })
})

describe('notify', () => {
  it('hears of every update', () => {
    const [subscription] = Object.values(api.findResources('AWS::SNS::Subscription'))
    expect(subscription?.Properties.Protocol).toBe('lambda')
    expect(readable(subscription?.Properties.TopicArn)).toBe('UpdatesTopic')
    expect(functionOf(subscription?.Properties.Endpoint)).toBe('Notify')
    expect(subscription?.Properties.FilterPolicy).toBeUndefined()
  })

  it('leaves what it could not deliver to a queue of dead letters', () => {
    const [config] = Object.values(api.findResources('AWS::Lambda::EventInvokeConfig'))
    expect(readable(config?.Properties.FunctionName)).toBe('Notify')
    expect(readable(config?.Properties.DestinationConfig.OnFailure.Destination)).toBe('NotifyDeadLettersQueue')
  })
})

describe('environment', () => {
  const environmentOf = (name: string, template = api) =>
    Object.values(template.findResources('AWS::Lambda::Function'))
      .map(({ Properties }) => Properties.Environment.Variables)
      .find(({ POWERTOOLS_SERVICE_NAME }) => POWERTOOLS_SERVICE_NAME === name)

  it('says whether to use the queue, as the stage wants it', () => {
    expect(environmentOf('upload-image').USE_QUEUE).toBe('true')
    const direct = templatesOf(glowwormApp({ context: { useQueue: false } })).api
    expect(environmentOf('upload-image', direct).USE_QUEUE).toBe('false')
  })

  it('names the socket by the address of its stage', () => {
    expect(readable(environmentOf('create-ticket').WEBSOCKET_URL)).toBe(
      'wss://SocketApi.execute-api.Region.URLSuffix/live',
    )
    expect(readable(environmentOf('notify').WEBSOCKET_MANAGEMENT_ENDPOINT)).toBe(
      'https://SocketApi.execute-api.Region.URLSuffix/live',
    )
  })

  it('names everything by paths of the endpoint where something stands in for AWS', () => {
    const emulated = templatesOf(glowwormApp({ context: { endpoint: 'http://127.0.0.1:4566' } })).api
    expect(readable(environmentOf('create-ticket', emulated).WEBSOCKET_URL)).toBe(
      'ws://127.0.0.1:4566/_aws/execute-api/SocketApi/live',
    )
    expect(readable(environmentOf('notify', emulated).WEBSOCKET_MANAGEMENT_ENDPOINT)).toBe(
      'http://127.0.0.1:4566/_aws/execute-api/SocketApi/live',
    )
    const [output] = Object.values(emulated.findOutputs('ApiUrl'))
    expect(readable(output?.Value)).toBe('http://127.0.0.1:4566/_aws/execute-api/HttpApi/$default')
  })
})
