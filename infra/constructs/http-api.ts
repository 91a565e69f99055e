import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  HttpApi as Api,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Duration, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { addressAtEndpoint } from './address-at-endpoint.ts'
import { removalPolicy } from './removal-policy.ts'

/** `GET /api/images/{id}` */
type RouteKey = `${HttpMethod} /${string}`

export interface HttpApiProps {
  readonly config: StageConfig
  readonly authorizer: LambdaFunction
  /** Served only to whom the authoriser lets pass. */
  readonly routes: Readonly<Record<RouteKey, LambdaFunction>>
  /** Served to everybody; each with the reason why. */
  readonly publicRoutes: Readonly<Record<RouteKey, { readonly fn: LambdaFunction; readonly because: string }>>
}

/**
 * The HTTP API. A route has the authoriser unless it stands among the public ones. What everybody may GET answers HEAD as
 * well, for monitors and displays that only ask whether something is there.
 */
export class HttpApi extends Construct {
  readonly api: Api
  readonly stage: HttpStage
  /** Without a slash at the end. */
  readonly url: string

  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id)
    const { config } = props
    this.api = new Api(this, 'Api', {
      apiName: `glowworm-${config.stage}`,
      createDefaultStage: false,
      defaultAuthorizer: new HttpLambdaAuthorizer('Authorizer', props.authorizer, {
        responseTypes: [HttpLambdaResponseType.SIMPLE],
        // Cookie or header: the function looks at both, so there is no one thing whose absence could refuse a request
        // and whose value could stand for the answer.
        identitySource: [],
        resultsCacheTtl: Duration.seconds(0),
      }),
    })
    for (const [key, fn] of Object.entries(props.routes)) this.#route(key, fn)
    for (const [key, { fn, because }] of Object.entries(props.publicRoutes)) this.#route(key, fn, because)
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: config.throttle.rate, burstLimit: config.throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', {
            retention: config.logRetentionDays,
            removalPolicy: removalPolicy(config),
          }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(accessLogLine)),
      },
    })
    const { apiId, apiEndpoint } = this.api
    this.url = config.endpoint ? addressAtEndpoint(config.endpoint, apiId, this.stage.stageName) : apiEndpoint
  }

  #route(key: string, fn: LambdaFunction, publicBecause?: string): void {
    const [method, path] = key.split(' ') as [HttpMethod, string]
    const integration = new HttpLambdaIntegration(`${fn.node.id}Integration`, fn, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    })
    const routes = this.api.addRoutes({
      path,
      methods: publicBecause && method === HttpMethod.GET ? [HttpMethod.GET, HttpMethod.HEAD] : [method],
      integration,
      ...(publicBecause && { authorizer: new HttpNoneAuthorizer() }),
    })
    if (!publicBecause) return
    for (const route of routes) {
      Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason: `Public: ${publicBecause}` })
    }
  }
}

/** Neither query strings nor addresses nor headers: none of them is needed to follow a request by its id. */
const accessLogLine = {
  request_id: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  bytes: '$context.responseLength',
  milliseconds: '$context.responseLatency',
  integration_milliseconds: '$context.integrationLatency',
  integration_error: '$context.integrationErrorMessage',
  authorizer_error: '$context.authorizer.error',
}
