import { z } from 'zod'
import { identitySource } from '../../gateway/identity-sources.ts'
import type { AuthorizerModel, HttpApiModel, RouteModel, WebSocketApiModel } from '../../model.ts'
import { because, boolean, harmless, number, texts } from '../properties.ts'
import type { ResourceOf, Resources } from '../resources.ts'
import { functionArnOf } from './functions.ts'

const api = z.strictObject({
  Name: harmless(because.description),
  Description: harmless(because.description),
  ProtocolType: z.enum(['HTTP', 'WEBSOCKET']),
  RouteSelectionExpression: z.string().optional(),
  CorsConfiguration: z
    .strictObject({
      AllowOrigins: texts.default([]),
      AllowMethods: texts.default([]),
      AllowHeaders: texts.default([]),
      AllowCredentials: boolean.default(false),
      MaxAge: number.optional(),
    })
    .optional(),
  DisableExecuteApiEndpoint: harmless('the front door is the only way to the API anyway'),
  IpAddressType: harmless('there is one address, that of this machine'),
  Tags: harmless(because.tags),
})

const stage = z.strictObject({
  ApiId: z.string(),
  StageName: z.string(),
  AutoDeploy: harmless('every change is live at once'),
  DeploymentId: harmless('every change is live at once'),
  Description: harmless(because.description),
  AccessLogSettings: harmless(because.telemetry),
  DefaultRouteSettings: harmless('throttling and metrics protect a bill, not a developer machine'),
  RouteSettings: harmless('throttling and metrics protect a bill, not a developer machine'),
  Tags: harmless(because.tags),
})

const integration = z.strictObject({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY', 'Expected AWS_PROXY: only functions can be integrated here'),
  IntegrationUri: z.string().transform((uri, context) => {
    const arn = functionArnOf(uri)
    if (arn !== null) return arn
    context.addIssue(`Expected the ARN of a function, received ${uri}`)
    return z.NEVER
  }),
  PayloadFormatVersion: z.literal('2.0', 'Expected 2.0: no other event format is known here').optional(),
  IntegrationMethod: harmless('a function is always called by POST'),
  Description: harmless(because.description),
})

const authorizer = z.strictObject({
  ApiId: z.string(),
  Name: harmless(because.description),
  AuthorizerType: z.literal('REQUEST', 'Expected REQUEST: only functions can authorise here'),
  AuthorizerUri: integration.shape.IntegrationUri,
  AuthorizerPayloadFormatVersion: z.literal('2.0').optional(),
  EnableSimpleResponses: z.union([z.literal(true), z.literal('true')]).optional(),
  IdentitySource: z
    .array(z.string().regex(identitySource, 'Expected a header or a query parameter: no other source is known here'))
    .default([]),
  AuthorizerResultTtlInSeconds: number.default(0),
})

const route = z.strictObject({
  ApiId: z.string(),
  RouteKey: z.string(),
  Target: z
    .string()
    .regex(/^integrations\//)
    .transform((target) => target.slice('integrations/'.length)),
  AuthorizationType: z.enum(['NONE', 'CUSTOM']).default('NONE'),
  AuthorizerId: z.string().optional(),
  ApiKeyRequired: z.union([z.literal(false), z.literal('false')]).optional(),
  OperationName: harmless(because.description),
})

export function readApis(
  resources: Resources,
  rewrite: (text: string) => string,
): { readonly httpApis: readonly HttpApiModel[]; readonly webSocketApis: readonly WebSocketApiModel[] } {
  const apis = resources.read('AWS::ApiGatewayV2::Api', api)
  const http = apis.filter(({ properties }) => properties.ProtocolType === 'HTTP')
  const stages = resources.read('AWS::ApiGatewayV2::Stage', stage)
  const routes = routesByApi(resources, new Set(http.map(({ ref }) => ref)))

  const stageOf = (declared: ResourceOf<unknown>): string => {
    const [only, ...others] = stages.filter(({ properties }) => properties.ApiId === declared.ref)
    if (only === undefined || others.length > 0) resources.complain(declared, '', 'Expected exactly one stage')
    return only?.properties.StageName ?? ''
  }

  const httpApis = http.map((declared) => {
    const stageName = stageOf(declared)
    if (stageName !== '$default') resources.complain(declared, '', `Expected the stage $default, not ${stageName}`)
    const cors = declared.properties.CorsConfiguration
    return {
      id: declared.ref,
      stage: stageName,
      routes: routes.get(declared.ref) ?? [],
      cors: cors
        ? {
            allowOrigins: cors.AllowOrigins.map(rewrite),
            allowMethods: cors.AllowMethods,
            allowHeaders: cors.AllowHeaders,
            allowCredentials: cors.AllowCredentials,
            maxAgeSeconds: cors.MaxAge ?? null,
          }
        : null,
    }
  })
  const webSocketApis = apis
    .filter(({ properties }) => properties.ProtocolType === 'WEBSOCKET')
    .map((declared) => ({
      id: declared.ref,
      stage: stageOf(declared),
      routeSelectionExpression: declared.properties.RouteSelectionExpression ?? '$request.body.action',
      routes: routes.get(declared.ref) ?? [],
    }))
  return { httpApis, webSocketApis }
}

function routesByApi(
  resources: Resources,
  httpApiIds: ReadonlySet<string>,
): ReadonlyMap<string, readonly RouteModel[]> {
  const integrations = resources.read('AWS::ApiGatewayV2::Integration', integration)
  const authorizers = resources.read('AWS::ApiGatewayV2::Authorizer', authorizer)
  const routes = resources.read('AWS::ApiGatewayV2::Route', route)

  const authorizerOf = (declared: (typeof routes)[number]): AuthorizerModel | null => {
    if (declared.properties.AuthorizationType === 'NONE') return null
    const found = authorizers.find(({ ref }) => ref === declared.properties.AuthorizerId)
    if (found === undefined) {
      resources.complain(declared, 'AuthorizerId', `no stack declares ${declared.properties.AuthorizerId}`)
      return null
    }
    if (httpApiIds.has(found.properties.ApiId) && found.properties.EnableSimpleResponses === undefined) {
      resources.complain(found, 'EnableSimpleResponses', 'Expected true: an HTTP API here knows no policy responses')
    }
    return {
      functionArn: found.properties.AuthorizerUri,
      identitySources: found.properties.IdentitySource,
      cacheSeconds: found.properties.AuthorizerResultTtlInSeconds,
    }
  }

  const models = new Map<string, RouteModel[]>()
  for (const declared of routes) {
    const target = integrations.find(({ ref }) => ref === declared.properties.Target)
    if (target === undefined) {
      resources.complain(declared, 'Target', `no stack declares the integration ${declared.properties.Target}`)
      continue
    }
    const ofApi = models.get(declared.properties.ApiId) ?? []
    models.set(declared.properties.ApiId, ofApi)
    ofApi.push({
      routeKey: declared.properties.RouteKey,
      functionArn: target.properties.IntegrationUri,
      authorizer: authorizerOf(declared),
    })
  }
  return models
}
