import { type AwsResponse, decode } from './aws-request.ts'
import type { ConnectionState, Sockets } from './handlers.ts'
import type { AwsService, BufferedRequest } from './service.ts'
import { notImplemented, ServiceError } from './service-error.ts'

const largestMessage = 128 * 1024

const operations = { POST: 'PostToConnection', DELETE: 'DeleteConnection', GET: 'GetConnection' } as const
type Operation = (typeof operations)[keyof typeof operations]

/** The management API of WebSocket APIs, at `/_sockets/{apiId}/@connections/{connectionId}`. */
export class SocketManagement implements AwsService {
  readonly name = 'execute-api'
  readonly protocol = 'rest-json'
  readonly #apiIds: ReadonlySet<string>
  readonly #sockets: Sockets

  constructor(apiIds: readonly string[], sockets: Sockets) {
    this.#apiIds = new Set(apiIds)
    this.#sockets = sockets
  }

  identify(request: BufferedRequest): { operation: Operation; resource: string } {
    const [, apiId, connectionId] = /^\/_sockets\/([^/]+)\/(?:@|%40)connections\/([^/]+)$/.exec(request.path) ?? []
    const operation = operations[request.method as keyof typeof operations]
    if (apiId === undefined || connectionId === undefined || operation === undefined) {
      throw notImplemented('execute-api', `${request.method} ${request.path}`)
    }
    if (!this.#apiIds.has(apiId)) {
      throw new ServiceError(403, 'ForbiddenException', `There is no WebSocket API ${apiId} in the template.`)
    }
    return { operation, resource: decode(connectionId) }
  }

  async answer(request: BufferedRequest): Promise<AwsResponse> {
    const { operation, resource: connectionId } = this.identify(request)
    if ((await this.#perform(operation, connectionId, request.body)) === 'gone') {
      throw new ServiceError(410, 'GoneException', `The connection ${connectionId} is gone.`)
    }
    if (operation === 'DeleteConnection') return { status: 204, headers: {}, body: '' }
    // Of GetConnection only this much is known: the connection lives.
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: operation === 'GetConnection' ? '{}' : '',
    }
  }

  async #perform(operation: Operation, connectionId: string, data: Buffer): Promise<ConnectionState> {
    if (operation === 'DeleteConnection') return await this.#sockets.delete(connectionId)
    if (operation === 'GetConnection') return await this.#sockets.get(connectionId)
    if (data.length > largestMessage) {
      throw new ServiceError(413, 'PayloadTooLargeException', `A message must not exceed ${largestMessage} bytes.`)
    }
    return await this.#sockets.post(connectionId, data)
  }
}
