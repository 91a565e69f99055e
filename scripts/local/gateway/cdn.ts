import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BehaviorModel, DistributionModel } from '../model.ts'
import { type ReadableObjects, serveObject } from './bucket-origin.ts'
import { type EdgeDecision, edgeFunction, type ViewerRequest } from './edge-function.ts'
import { entityTooLarge, type HttpApi, largestBody } from './http-api.ts'
import { type GatewayRequest, type GatewayResponse, readBody, splitTarget } from './http-message.ts'
import type { SiteOrigin } from './site-files.ts'
import { wildcards } from './wildcards.ts'

export interface Origins {
  readonly objects: ReadableObjects
  readonly httpApis: ReadonlyMap<string, HttpApi>
  readonly site: SiteOrigin
}

/** What the origin is asked for. */
interface Asked {
  readonly path: string
  readonly query: string
  /** Set at the edge, over those that the viewer sent. */
  readonly headers: Readonly<Record<string, string>>
}

interface Behavior {
  readonly matches: RegExp
  readonly allowedMethods: ReadonlySet<string>
  readonly responseHeaders: Readonly<Record<string, string>>
  readonly decide: (request: ViewerRequest) => EdgeDecision
  readonly respond: (asked: Asked, message: IncomingMessage, response: ServerResponse) => Promise<void>
}

/** CloudFront, without its caches: finds the behaviour of a path, and asks its origin. */
export class Cdn {
  readonly #behaviors: readonly Behavior[]
  readonly #defaultRootObject: string | null

  constructor(model: DistributionModel, origins: Origins) {
    this.#defaultRootObject = model.defaultRootObject
    this.#behaviors = model.behaviors.map((behavior, index) => ({
      matches: wildcards(behavior.pathPattern.replace(/^(?![/*])/, '/')),
      allowedMethods: new Set(behavior.allowedMethods),
      responseHeaders: behavior.responseHeaders,
      decide: behavior.viewerRequestCode === null ? passOn : edgeFunction(behavior.viewerRequestCode),
      respond: responder(behavior, origins, index === model.behaviors.length - 1),
    }))
  }

  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, query } = splitTarget(message.url ?? '/')
    const behavior = this.#behaviors.find(({ matches }) => matches.test(path))
    if (behavior === undefined) return refuse(response, 404, 'No behaviour of the distribution matches this path.\n')
    for (const [name, value] of Object.entries(behavior.responseHeaders)) response.setHeader(name, value)
    const method = message.method ?? 'GET'
    if (!behavior.allowedMethods.has(method)) {
      return refuse(response, 403, 'The distribution does not allow this method here.\n')
    }
    const root = path === '/' && this.#defaultRootObject !== null ? `/${this.#defaultRootObject}` : path
    const decision = behavior.decide({
      method,
      uri: root,
      headers: headersOf(message),
      viewerIp: addressOf(message),
      requestId: randomUUID(),
    })
    if (decision.kind === 'pass')
      await behavior.respond({ path: decision.uri, query, headers: decision.headers }, message, response)
    else write(response, { ...decision, body: Buffer.from(decision.body) })
  }
}

const passOn = ({ uri }: ViewerRequest): EdgeDecision => ({ kind: 'pass', uri, headers: {} })

const addressOf = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? ''

function headersOf({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headersDistinct).map(([name, values]) => [name, values?.join(',') ?? '']))
}

function responder({ origin }: BehaviorModel, origins: Origins, isDefault: boolean): Behavior['respond'] {
  if (origin.kind === 'bucket') {
    const { site, objects } = origins
    return isDefault
      ? ({ path }, message, response) => site.serve(path, message, response)
      : ({ path }, message, response) => serveObject(objects, origin.bucketName, path, message, response)
  }
  const api = origins.httpApis.get(origin.apiId)
  if (api === undefined) throw new Error(`Expected an HTTP API ${origin.apiId} for the distribution; there is none.`)
  return (asked, message, response) =>
    forward(api, { ...asked, headers: { ...asked.headers, ...origin.headers } }, message, response)
}

async function forward(api: HttpApi, asked: Asked, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(message, largestBody)
  write(response, body === null ? entityTooLarge : await api.handle(originRequest(api, asked, message, body)))
}

/** As the origin sees it: CloudFront replaces the Host by the origin's own, and says who asked, after who they say they are. */
function originRequest(
  api: HttpApi,
  { path, query, headers: set }: Asked,
  message: IncomingMessage,
  body: Buffer,
): GatewayRequest {
  const sourceIp = addressOf(message)
  const headers = {
    ...message.headersDistinct,
    ...Object.fromEntries(Object.entries(set).map(([name, value]) => [name, [value]])),
    host: [api.domainName],
    'x-forwarded-for': [[...(message.headersDistinct['x-forwarded-for'] ?? []), sourceIp].join(', ')],
    'x-forwarded-proto': ['http'],
  }
  return { method: message.method ?? 'GET', path, query, headers, body, sourceIp }
}

function write(response: ServerResponse, { status, headers, body }: GatewayResponse): void {
  for (const [name, value] of Object.entries(headers)) {
    // The response headers policy overrides the origin.
    if (!response.hasHeader(name)) response.setHeader(name, value)
  }
  const hasBody = status !== 204 && status !== 304
  if (hasBody) response.setHeader('content-length', body.length)
  response.writeHead(status).end(hasBody ? body : undefined)
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(why)
}
