import { WebSocketApi as Api, type CfnApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2'
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Stack, Token, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { addressAtEndpoint } from './address-at-endpoint.ts'

export interface WebSocketApiProps {
  readonly config: StageConfig
  /** Decides about `$connect` by the ticket in the query string. */
  readonly authorizer: LambdaFunction
  readonly routes: Readonly<Record<'$connect' | '$disconnect' | '$default', LambdaFunction>>
}

/** The WebSocket API of live updates. A connection is authorised once, when it opens. */
export class WebSocketApi extends Construct {
  readonly api: Api
  readonly stage: WebSocketStage
  /** Where clients connect. */
  readonly url: string
  readonly #managementUrl: string

  constructor(scope: Construct, id: string, props: WebSocketApiProps) {
    super(scope, id)
    const { config, routes } = props
    this.api = new Api(this, 'Api', {
      apiName: `glowworm-live-${config.stage}`,
      routeSelectionExpression: '$request.body.action',
    })
    const authorizer = new WebSocketLambdaAuthorizer('Authorizer', props.authorizer, {
      identitySource: ['route.request.querystring.ticket'],
    })
    for (const [key, fn] of Object.entries(routes)) {
      const route = this.api.addRoute(key, {
        integration: new WebSocketLambdaIntegration(`${fn.node.id}Integration`, fn),
        ...(key === '$connect' && { authorizer }),
      })
      if (key === '$connect') continue
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason: 'API Gateway authorises $connect alone; what comes later comes over an authorised connection.',
      })
    }
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: 'live',
      autoDeploy: true,
      throttle: { rateLimit: config.throttle.rate, burstLimit: config.throttle.burst },
    })
    Validations.of(this.stage).acknowledge({
      id: 'AwsSolutions-APIG1',
      reason:
        'Logs of a WebSocket API need a role that belongs to the whole account and region, which no one application may own; the socket functions log what happens.',
    })
    const { endpoint } = config
    const atEndpoint = endpoint && addressAtEndpoint(endpoint, this.api.apiId, this.stage.stageName)
    this.url = atEndpoint?.replace(/^http/, 'ws') ?? this.stage.url
    this.#managementUrl = atEndpoint ?? this.stage.callbackUrl
  }

  /** For handing out tickets. */
  bindUrl(fn: LambdaFunction): void {
    fn.addEnvironment('WEBSOCKET_URL', this.url)
  }

  /** Lets the function send to any open connection. */
  bindSend(fn: LambdaFunction): void {
    this.#manage(fn, 'POST', 'Connections come and go; the right is to post to those of this stage.')
    fn.addEnvironment('WEBSOCKET_MANAGEMENT_ENDPOINT', this.#managementUrl)
  }

  /** Lets the function end any open connection. */
  bindDisconnect(fn: LambdaFunction): void {
    this.#manage(fn, 'DELETE', 'Connections come and go; the right is to end those of this stage.')
  }

  #manage(fn: LambdaFunction, method: 'POST' | 'DELETE', reason: string): void {
    const stack = Stack.of(this)
    const connections = `${this.stage.stageName}/${method}/@connections/*`
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['execute-api:ManageConnections'],
        resources: [stack.formatArn({ service: 'execute-api', resource: this.api.apiId, resourceName: connections })],
      }),
    )
    const api = stack.getLogicalId(this.api.node.defaultChild as CfnApi)
    const [partition, region, account] = [stack.partition, stack.region, stack.account].map((each) =>
      Token.isUnresolved(each) ? `<${stack.resolve(each).Ref}>` : each,
    )
    Validations.of(fn.role ?? fn).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:${partition}:execute-api:${region}:${account}:<${api}>/${connections}]`,
      reason,
    })
  }
}
