import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isLoopbackHost } from '../loopback-host.ts'
import { authenticate, readClaim } from './authentication.ts'
import { type AwsRequest, type AwsResponse, header, readRequestHead } from './aws-request.ts'
import { type Protocol, renderError } from './error-shapes.ts'
import { type AwsService, type CallHooks, timeOf, traceIdOf } from './service.ts'
import { ConnectionReset, notImplemented, ServiceError } from './service-error.ts'
import type { ClaimedSignature } from './signature.ts'

/** No request of a buffered service is larger: DynamoDB's BatchWriteItem may have 16 MB. */
const largestBufferedBody = 16 * 1024 * 1024

/** Bodies of S3 are not buffered, so S3 reads and writes its own streams. */
export interface StreamingService {
  serve(
    request: AwsRequest,
    claimed: ClaimedSignature | null,
    message: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ): Promise<void>
}

export interface EndpointOptions {
  readonly port: number
  readonly s3: StreamingService
  readonly services: readonly AwsService[]
  /** Answers for public paths that no SDK signs, such as key sets; null leaves the path to the services. */
  readonly publicPath: (request: AwsRequest) => AwsResponse | null
  readonly hooks: CallHooks
  /** Answers for what steers the local cloud itself; null leaves the request to the services. */
  readonly steer: (request: AwsRequest, readBody: () => Promise<Buffer>) => Promise<AwsResponse | null>
  /** Told about faults of the local cloud itself, which callers see as a 500. */
  readonly onFault: (fault: unknown, what: string) => void
}

const targetPrefixes: Readonly<Record<string, string>> = {
  AmazonSQS: 'sqs',
  DynamoDB_20120810: 'dynamodb',
  AWSCognitoIdentityProviderService: 'cognito-idp',
}

/** One HTTP server on the loopback interface for every AWS API. */
export class Endpoint {
  readonly #server: Server
  readonly #options: EndpointOptions
  readonly #services: ReadonlyMap<string, AwsService>
  readonly #stopping = new AbortController()

  private constructor(options: EndpointOptions) {
    this.#options = options
    this.#services = new Map(options.services.map((service) => [service.name, service]))
    this.#server = createServer((message, response) => void this.#serve(message, response))
    // Clients keep connections for reuse; the default of 5 s closes them just as they are taken up again.
    this.#server.keepAliveTimeout = 75_000
  }

  static async listen(options: EndpointOptions): Promise<Endpoint> {
    const endpoint = new Endpoint(options)
    await new Promise<void>((resolve, reject) => {
      endpoint.#server.once('error', reject)
      endpoint.#server.listen(options.port, '127.0.0.1', resolve)
    })
    return endpoint
  }

  get address(): AddressInfo {
    return this.#server.address() as AddressInfo
  }

  /** Takes no more requests, ends long polls and waits for the answers under way. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#stopping.abort()
    // A connection turns idle a moment after its last answer, and kept alive it would hold the server open.
    const tidying = setInterval(() => this.#server.closeIdleConnections(), 10)
    const impatience = setTimeout(() => this.#server.closeAllConnections(), 2000)
    await closed
    clearInterval(tidying)
    clearTimeout(impatience)
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID()
    response.setHeader('x-amzn-requestid', requestId)
    response.setHeader('x-amz-request-id', requestId)
    if (this.#stopping.signal.aborted) response.setHeader('connection', 'close')
    let protocol: Protocol = 'rest-xml'
    try {
      const request = readRequestHead(message)
      protocol = this.#protocolOf(request)
      response.setHeader('date', timeOf(request, this.#options.hooks).toUTCString())
      if (!isLoopbackHost(header(request, 'host'))) throw accessDenied('This endpoint is localhost, and nothing else.')
      const publicAnswer = this.#options.publicPath(request)
      if (publicAnswer !== null) return write(response, publicAnswer)
      const steered = await this.#options.steer(request, () => readBody(message))
      if (steered !== null) return write(response, steered)
      const claimed = readClaim(protocol, request)
      const name = serviceName(request, claimed)
      if (name === 's3') return await this.#options.s3.serve(request, claimed, message, response, requestId)
      // Only buckets have rules for pages of other origins. The credentials are no secret, so that a page could sign.
      if (header(request, 'origin') !== undefined) throw accessDenied('Web pages may call buckets only.')
      const service = this.#services.get(name)
      if (service === undefined) throw notImplemented(name, header(request, 'x-amz-target') ?? 'any operation')
      protocol = service.protocol
      write(response, await this.#call(service, request, claimed, message, response))
    } catch (thrown) {
      if (message.socket.destroyed) return
      if (thrown instanceof ConnectionReset) return void message.socket.resetAndDestroy()
      write(response, renderError(protocol, this.#asServiceError(thrown, message), requestId))
    } finally {
      // What nobody read must still arrive, or the client never gets to read its answer.
      message.resume()
    }
  }

  async #call(
    service: AwsService,
    head: AwsRequest,
    claimed: ClaimedSignature | null,
    message: IncomingMessage,
    response: ServerResponse,
  ): Promise<AwsResponse> {
    const body = await readBody(message)
    const request = { ...head, body }
    const { operation, resource } = service.identify(request)
    if (claimed !== null || !service.isPublic?.(operation)) {
      await authenticate(
        service.protocol,
        request,
        claimed,
        createHash('sha256').update(body).digest('hex'),
        timeOf(head, this.#options.hooks),
      )
    }
    const call = { service: service.name, operation, resource, traceId: traceIdOf(head) }
    await this.#options.hooks.before(call)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const answer = await service.answer(request, operation, AbortSignal.any([gone.signal, this.#stopping.signal]))
    await this.#options.hooks.after(call)
    return answer
  }

  /** The shape of errors before the service is known for certain. */
  #protocolOf(request: AwsRequest): Protocol {
    const contentType = header(request, 'content-type') ?? ''
    if (contentType.startsWith('application/x-amz-json-1.0')) return 'json-1.0'
    if (contentType.startsWith('application/x-amz-json-1.1')) return 'json-1.1'
    if (contentType.startsWith('application/x-www-form-urlencoded')) return 'query'
    const scope = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(header(request, 'authorization') ?? '')?.[1]
    if (scope === undefined || scope === 's3') return 'rest-xml'
    return this.#services.get(scope)?.protocol ?? 'rest-json'
  }

  #asServiceError(thrown: unknown, message: IncomingMessage): ServiceError {
    if (thrown instanceof ServiceError) return thrown
    this.#options.onFault(thrown, `${message.method} ${message.url?.split('?')[0]}`)
    return new ServiceError(500, 'InternalFailure', 'The local cloud failed to answer; its log says why.')
  }
}

const accessDenied = (message: string): ServiceError => new ServiceError(403, 'AccessDenied', message)

function serviceName(request: AwsRequest, claimed: ClaimedSignature | null): string {
  if (claimed !== null) return claimed.service
  const prefix = header(request, 'x-amz-target')?.split('.')[0]
  // An anonymous request without a target can only be meant for a bucket.
  return prefix === undefined ? 's3' : (targetPrefixes[prefix] ?? prefix)
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  // Destroying the message would take the connection, and with it the refusal, away.
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestBufferedBody) {
      throw new ServiceError(413, 'RequestEntityTooLarge', `A request must not exceed ${largestBufferedBody} bytes.`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function write(response: ServerResponse, answer: AwsResponse): void {
  if (response.destroyed || response.headersSent) return
  const body = Buffer.from(answer.body)
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length })
  response.end(body)
}
