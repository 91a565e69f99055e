import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { isLoopbackHost } from '../loopback-host.ts'
import type { Running } from '../model.ts'
import type { Cdn } from './cdn.ts'
import { splitTarget } from './http-message.ts'
import type { SiteOrigin } from './site-files.ts'
import type { WebSocketApi } from './websocket-api.ts'

/** What is behind the door. */
export interface House {
  readonly cdn: Pick<Cdn, 'handle'>
  readonly sockets: Pick<WebSocketApi, 'upgrade' | 'stop'>
  readonly site: Pick<SiteOrigin, 'upgrade' | 'hangUp'>
}

/** How long answers under way may take once the door closes. */
const closingMs = 2_000

/**
 * The one address of the local cloud: what the CDN serves, and the WebSocket at `/ws`. It can be reached before there
 * is anything to serve, for everything else must know its port first; until then it answers 503.
 */
export class FrontDoor implements Running {
  readonly #server: Server
  readonly #onFault: (fault: unknown, what: string) => void
  #house: House | null = null
  #stopped: Promise<void> | null = null

  private constructor(onFault: (fault: unknown, what: string) => void) {
    this.#onFault = onFault
    this.#server = createServer((message, response) => void this.#serve(message, response))
    this.#server.on('upgrade', (message, socket, head) => this.#upgrade(message, socket, head))
    // Clients keep connections for reuse; the default of 5 s closes them just as they are taken up again.
    this.#server.keepAliveTimeout = 75_000
  }

  /** Port 0 takes a free one. Rejects with the system's error (`EADDRINUSE`) if the port is taken. */
  static async listen(port: number, onFault: (fault: unknown, what: string) => void): Promise<FrontDoor> {
    const door = new FrontDoor(onFault)
    await new Promise<void>((resolve, reject) => {
      door.#server.once('error', reject)
      door.#server.listen(port, '127.0.0.1', resolve)
    })
    return door
  }

  /** `http://localhost:PORT` */
  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  open(house: House): void {
    this.#house = house
  }

  /** Takes nobody in any more, says goodbye to every socket and waits for the answers under way. */
  stop(): Promise<void> {
    this.#stopped ??= this.#close()
    return this.#stopped
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    const impatience = setTimeout(() => this.#server.closeAllConnections(), closingMs)
    this.#house?.site.hangUp?.()
    await this.#house?.sockets.stop()
    await closed
    clearTimeout(impatience)
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (!isLoopbackHost(message.headers.host)) return plain(response, 421, 'This is localhost, and nothing else.\n')
      if (this.#house === null) return plain(response, 503, 'The local cloud is starting.\n')
      await this.#house.cdn.handle(message, response)
    } catch (fault) {
      // Who has gone away in the middle misses nothing.
      if (message.socket.destroyed) return
      this.#onFault(fault, `${message.method} ${splitTarget(message.url ?? '').path}`)
      if (response.headersSent) response.destroy()
      else plain(response, 502, 'The local cloud failed to answer; its log says why.\n')
    } finally {
      // What nobody read must still arrive, or the client never gets to read its answer.
      message.resume()
    }
  }

  #upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    const house = isLoopbackHost(message.headers.host) ? this.#house : null
    if (house !== null && splitTarget(message.url ?? '').path === '/ws') {
      house.sockets.upgrade(message, socket, head)
      return
    }
    if (house?.site.upgrade?.(message, socket, head)) return
    socket.on('error', () => socket.destroy())
    socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  }
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
}
