import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import type { RouteModel, Running, WebSocketApiModel } from '../model.ts'
import type { ConnectionState, Sockets } from '../services/handlers.ts'
import { callFunction, type FunctionOutcome, type Invoke } from './function-call.ts'
import type { Authorization } from './http-authorizer.ts'
import { authorizeConnect } from './websocket-authorizer.ts'
import { type ConnectionContext, connectArn, openingParts, requestContext } from './websocket-event.ts'

export interface WebSocketLimits {
  /** Without a message in either direction. */
  readonly idleMs: number
  readonly lifetimeMs: number
  /** Of one message, in bytes. */
  readonly messageBytes: number
  /** How long a client may take to answer the closing of its connection. */
  readonly closingMs: number
}

/** Those of API Gateway. */
const limitsOfAws: WebSocketLimits = {
  idleMs: 10 * 60_000,
  lifetimeMs: 2 * 60 * 60_000,
  messageBytes: 128 * 1024,
  closingMs: 2_000,
}

interface Connection {
  readonly context: ConnectionContext
  readonly socket: WebSocket
  readonly idle: NodeJS.Timeout
  /** Resolved when everything that the client has said so far is handled. */
  handled: Promise<void>
}

/**
 * API Gateway's WebSocket API. A connection exists from the success of `$connect` to its close; then `$disconnect` is
 * called, once. Messages of one connection reach their function one after the other, in the order they were sent.
 */
export class WebSocketApi implements Sockets, Running {
  readonly #model: WebSocketApiModel
  readonly #invoke: Invoke
  readonly #onFault: (fault: unknown, what: string) => void
  readonly #limits: WebSocketLimits
  readonly #server: WebSocketServer
  readonly #connections = new Map<string, Connection>()
  /** Openings and disconnections under way. */
  readonly #pending = new Set<Promise<void>>()
  #stopping = false

  constructor(
    model: WebSocketApiModel,
    invoke: Invoke,
    onFault: (fault: unknown, what: string) => void,
    limits: Partial<WebSocketLimits> = {},
  ) {
    this.#model = model
    this.#invoke = invoke
    this.#onFault = onFault
    this.#limits = { ...limitsOfAws, ...limits }
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: this.#limits.messageBytes,
      // API Gateway agrees on a subprotocol only if $connect does; here none does.
      handleProtocols: () => false,
    })
  }

  /** Takes over a connection that asks to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // The client may go away while $connect runs; that is noticed when the connection would open.
    socket.on('error', () => socket.destroy())
    this.#follow(
      this.#open(request, socket, head).catch((error: unknown) => {
        refuse(socket, 500)
        throw error
      }),
    )
  }

  async post(connectionId: string, data: Buffer): Promise<ConnectionState> {
    const connection = this.#connections.get(connectionId)
    if (connection === undefined || connection.socket.readyState !== WebSocket.OPEN) return 'gone'
    connection.idle.refresh()
    return new Promise((resolve) => {
      connection.socket.send(data, { binary: false }, (error) => resolve(error ? 'gone' : 'ok'))
    })
  }

  async delete(connectionId: string): Promise<ConnectionState> {
    const connection = this.#connections.get(connectionId)
    if (connection === undefined) return 'gone'
    this.#close(connection.socket, 1000, 'Connection Closed Normally')
    return 'ok'
  }

  /** Ends the connection as a broken network does: without goodbye. */
  cut(connectionId: string): void {
    this.#connections.get(connectionId)?.socket.terminate()
  }

  async get(connectionId: string): Promise<ConnectionState> {
    return this.#connections.has(connectionId) ? 'ok' : 'gone'
  }

  /** Closes every connection, and resolves when the last `$disconnect` has run. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const { socket } of this.#connections.values()) this.#close(socket, 1001, 'Going away')
    while (this.#connections.size > 0 || this.#pending.size > 0) {
      const closed = [...this.#connections.values()].map(({ socket }) => closing(socket))
      await Promise.allSettled([...closed, ...this.#pending])
    }
    this.#server.close()
  }

  async #open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#stopping) return refuse(socket, 503)
    const parts = openingParts(request)
    const caller: ConnectionContext = {
      connectionId: randomBytes(11).toString('base64'),
      connectedAt: Date.now(),
      sourceIp: request.socket.remoteAddress ?? '',
      userAgent: request.headers['user-agent'] ?? '',
      authorizer: null,
    }
    const authorization = await this.#authorize(caller, parts)
    if (authorization.kind !== 'allowed') return refuse(socket, statusOfRefusal[authorization.kind])
    const context = { ...caller, authorizer: authorization.context }

    const connect = this.#route('$connect')
    if (connect !== undefined) {
      const outcome = await this.#call(connect, {
        ...parts,
        requestContext: requestContext(this.#model, context, 'CONNECT', '$connect'),
        isBase64Encoded: false,
      })
      const status = statusOf(outcome)
      if (status < 200 || status > 299) return refuse(socket, status)
    }
    // From here on $connect has succeeded, so $disconnect must follow, even if nothing comes of the connection.
    let opened = false
    if (!this.#stopping && !socket.destroyed) {
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        opened = true
        this.#add(context, webSocket)
      })
    } else {
      refuse(socket, 503)
    }
    if (!opened) await this.#disconnect(context, 1006, '')
  }

  async #authorize(context: ConnectionContext, parts: ReturnType<typeof openingParts>): Promise<Authorization> {
    const authorizer = this.#route('$connect')?.authorizer
    if (!authorizer) return { kind: 'allowed', context: null }
    return authorizeConnect(authorizer, this.#invoke, {
      ...parts,
      methodArn: connectArn(this.#model),
      requestContext: requestContext(this.#model, context, 'CONNECT', '$connect'),
    })
  }

  #add(context: ConnectionContext, socket: WebSocket): void {
    const goAway = () => this.#close(socket, 1001, 'Going away')
    const lifetime = setTimeout(goAway, this.#limits.lifetimeMs)
    const idle = setTimeout(goAway, this.#limits.idleMs)
    const connection: Connection = { context, socket, idle, handled: Promise.resolve() }
    this.#connections.set(context.connectionId, connection)

    // Protocol errors, such as a message too large; the close that follows says what happened.
    socket.on('error', () => {})
    socket.on('message', (data) => {
      idle.refresh()
      connection.handled = connection.handled.then(() => this.#receive(connection, textOf(data)))
    })
    socket.on('close', (code, reason) => {
      clearTimeout(lifetime)
      clearTimeout(idle)
      this.#connections.delete(context.connectionId)
      this.#follow(connection.handled.then(() => this.#disconnect(context, code, reason.toString('utf8'))))
    })
  }

  async #receive(connection: Connection, body: string): Promise<void> {
    const { context } = connection
    const route = this.#routeOf(body)
    const requested = requestContext(this.#model, context, 'MESSAGE', route?.routeKey ?? '$default')
    const failure = route === undefined ? 'Forbidden' : await this.#deliver(route, requested, body)
    if (failure === null) return
    const answer = { message: failure, connectionId: context.connectionId, requestId: requested.requestId }
    await this.post(context.connectionId, Buffer.from(JSON.stringify(answer)))
  }

  /** Null if the function has taken the message; whatever it returns, API Gateway does not send. */
  async #deliver(route: RouteModel, requested: { readonly requestId: string }, body: string): Promise<string | null> {
    const outcome = await this.#call(route, {
      requestContext: { ...requested, messageId: randomBytes(11).toString('base64') },
      body,
      isBase64Encoded: false,
    })
    return outcome.kind === 'returned' ? null : 'Internal server error'
  }

  async #disconnect(context: ConnectionContext, code: number, reason: string): Promise<void> {
    const route = this.#route('$disconnect')
    if (route === undefined) return
    await this.#call(route, {
      requestContext: {
        ...requestContext(this.#model, context, 'DISCONNECT', '$disconnect'),
        disconnectStatusCode: code,
        disconnectReason: reason,
      },
      isBase64Encoded: false,
    })
  }

  async #call(route: RouteModel, event: unknown): Promise<FunctionOutcome> {
    try {
      return await callFunction(this.#invoke, route.functionArn, event)
    } catch (fault) {
      this.#onFault(fault, `calling ${route.functionArn}`)
      // What follows must come all the same: the next message, and the end of the connection.
      return { kind: 'unavailable' }
    }
  }

  #route(routeKey: string): RouteModel | undefined {
    return this.#model.routes.find((route) => route.routeKey === routeKey)
  }

  #routeOf(body: string): RouteModel | undefined {
    const selected = selectedKey(this.#model.routeSelectionExpression, body)
    const route = selected === null || selected.startsWith('$') ? undefined : this.#route(selected)
    return route ?? this.#route('$default')
  }

  /** Says goodbye, and hangs up on who does not answer. */
  #close(socket: WebSocket, code: number, reason: string): void {
    socket.close(code, reason)
    const hangUp = setTimeout(() => socket.terminate(), this.#limits.closingMs)
    socket.once('close', () => clearTimeout(hangUp))
  }

  #follow(work: Promise<void>): void {
    const followed = work
      .catch((fault: unknown) => this.#onFault(fault, `WebSocket API ${this.#model.id}`))
      .finally(() => this.#pending.delete(followed))
    this.#pending.add(followed)
  }
}

const statusOfRefusal = { unauthorized: 401, forbidden: 403, failed: 500 } as const

/** What `$connect` decided: the status that it returned, or 502 if it returned none. */
function statusOf(outcome: FunctionOutcome): number {
  if (outcome.kind !== 'returned') return 502
  const { statusCode } = (outcome.value ?? {}) as { statusCode?: unknown }
  const status = Number(statusCode)
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : 502
}

/** `$request.body.action`, applied to a message; null if the message is no JSON object with that text in it. */
function selectedKey(expression: string, body: string): string | null {
  const path = /^\$request\.body\.([\w.]+)$/.exec(expression)?.[1]?.split('.') ?? []
  try {
    let value: unknown = JSON.parse(body)
    for (const name of path) value = (value as Record<string, unknown> | null)?.[name]
    return typeof value === 'string' ? value : null
  } catch {
    return null
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.from(data as Buffer).toString('utf8')
}

function closing(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === WebSocket.CLOSED) resolve()
    else socket.once('close', () => resolve())
  })
}

function refuse(socket: Duplex, status: number): void {
  if (socket.destroyed) return
  const body = JSON.stringify({ message: messageOf[status] ?? 'Internal server error' })
  socket.end(
    `HTTP/1.1 ${status} ${messageOf[status] ?? 'Refused'}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

const messageOf: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  503: 'Service Unavailable',
}
