import { randomUUID } from 'node:crypto'
import type { HttpApiModel } from '../model.ts'
import { region, urlSuffix } from '../template/account.ts'
import { preflightResponse, withCors } from './cors.ts'
import { callFunction, type FunctionOutcome, type Invoke } from './function-call.ts'
import { type Authorization, HttpAuthorizers } from './http-authorizer.ts'
import { eventBody, httpEvent } from './http-event.ts'
import { type GatewayRequest, type GatewayResponse, jsonMessage } from './http-message.ts'
import { responseOf } from './http-result.ts'
import { routeMatcher } from './http-routes.ts'

/** Bytes of a request's body that API Gateway takes. */
export const largestBody = 10 * 1024 * 1024

export const entityTooLarge = jsonMessage(413, 'Request Entity Too Large')

/** API Gateway's HTTP API: routes, authorises, calls the function and maps what it returned. */
export class HttpApi {
  readonly #model: HttpApiModel
  readonly #invoke: Invoke
  readonly #authorizers: HttpAuthorizers
  readonly #match: ReturnType<typeof routeMatcher>

  constructor(model: HttpApiModel, invoke: Invoke) {
    this.#model = model
    this.#invoke = invoke
    this.#authorizers = new HttpAuthorizers(invoke)
    this.#match = routeMatcher(model.routes)
  }

  /** The host by which AWS would reach it; requests carry it as their Host. */
  get domainName(): string {
    return `${this.#model.id}.execute-api.${region}.${urlSuffix}`
  }

  async handle(request: GatewayRequest): Promise<GatewayResponse> {
    const preflight = preflightResponse(this.#model.cors, request)
    if (preflight !== null) return preflight
    const requestId = randomUUID()
    const response = withCors(this.#model.cors, request, await this.#route(request, requestId))
    return { ...response, headers: { ...response.headers, 'apigw-requestid': requestId } }
  }

  async #route(request: GatewayRequest, requestId: string): Promise<GatewayResponse> {
    if (request.body.length > largestBody) return entityTooLarge
    const matched = this.#match(request.method, request.path)
    if (matched === null) return jsonMessage(404, 'Not Found')
    const { route } = matched
    const event = httpEvent(request, matched, this.#model, this.domainName, requestId)
    const authorization: Authorization | null = route.authorizer
      ? await this.#authorizers.authorize(route.authorizer, event)
      : null
    if (authorization !== null && authorization.kind !== 'allowed') return refusalOf(authorization.kind)
    const outcome = await callFunction(this.#invoke, route.functionArn, {
      ...event,
      requestContext: {
        ...event.requestContext,
        ...(authorization && { authorizer: { lambda: authorization.context } }),
      },
      ...eventBody(request),
    })
    return integrationResponse(outcome)
  }
}

function refusalOf(kind: Exclude<Authorization['kind'], 'allowed'>): GatewayResponse {
  switch (kind) {
    case 'unauthorized':
      return jsonMessage(401, 'Unauthorized')
    case 'forbidden':
      return jsonMessage(403, 'Forbidden')
    case 'failed':
      return jsonMessage(500, 'Internal Server Error')
  }
}

/** A function that fails is a 500 of an HTTP API; one that cannot answer in time, or at all, is a 503. */
function integrationResponse(outcome: FunctionOutcome): GatewayResponse {
  switch (outcome.kind) {
    case 'returned':
      return responseOf(outcome.value) ?? jsonMessage(500, 'Internal Server Error')
    case 'failed':
      return jsonMessage(500, 'Internal Server Error')
    case 'unavailable':
      return jsonMessage(503, 'Service Unavailable')
    case 'too-large':
      return entityTooLarge
  }
}
