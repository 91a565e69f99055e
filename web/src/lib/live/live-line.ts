import { type ClientMessage, type ServerMessage, serverMessage } from '@glowworm/events/socket-messages'

/** As much of a `WebSocket` as is used. */
export interface Socket {
  addEventListener(type: 'open' | 'close', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  send(data: string): void
  close(): void
}

/** Calls `act` after so many milliseconds; the answer calls it off. */
export type After = (ms: number, act: () => void) => () => void

/** From the first knock to the greeting, in milliseconds. */
const patienceMs = 20_000
/** Silence after which the server is asked whether it is still there; API Gateway hangs up after ten minutes of it. */
const heartbeatMs = 60_000
/** An answer that takes longer than this does not come. */
const pongMs = 15_000

export interface LiveLineOptions {
  readonly socket: Socket
  readonly after: After
  /** Position up to which everything was heard; null to hear only what is new. */
  readonly since: string | null
  readonly onMessage: (message: ServerMessage) => void
  /** Something came, after the greeting, that nobody understands: it may have been an event. */
  readonly onUnreadable: () => void
  /** Called once, unless `close` was. */
  readonly onEnd: () => void
}

/** One socket from its opening to its end, which it notices even if nobody says goodbye. */
export class LiveLine {
  readonly #socket: Socket
  readonly #after: After
  readonly #onEnd: () => void
  #callOff: () => void
  #ended = false

  constructor({ socket, after, since, onMessage, onUnreadable, onEnd }: LiveLineOptions) {
    this.#socket = socket
    this.#after = after
    this.#onEnd = onEnd
    this.#callOff = after(patienceMs, () => this.#end())
    socket.addEventListener('open', () =>
      this.#send({ action: 'subscribe', channels: ['images'], ...(since !== null && { since }) }),
    )
    socket.addEventListener('close', () => this.#end())
    let greeted = false
    socket.addEventListener('message', ({ data }) => {
      const message = readMessage(String(data))
      // API Gateway has words of its own for a function that failed: the subscription did not come about.
      if (!greeted && (message === null || message.type === 'error')) {
        this.#end()
        return
      }
      greeted ||= message?.type === 'hello'
      if (greeted) this.#expectHeartbeat()
      if (message === null) onUnreadable()
      else if (message.type !== 'error') onMessage(message)
    })
  }

  /** Ends the line unless the server answers soon: after a sleep or a change of networks nobody knows. */
  check(): void {
    if (this.#ended) return
    this.#callOff()
    this.#callOff = this.#after(pongMs, () => this.#end())
    this.#send({ action: 'ping' })
  }

  close(): void {
    this.#ended = true
    this.#callOff()
    this.#socket.close()
  }

  /** Whatever comes is a sign of life. */
  #expectHeartbeat(): void {
    this.#callOff()
    this.#callOff = this.#after(heartbeatMs, () => this.check())
  }

  #send(message: ClientMessage): void {
    this.#socket.send(JSON.stringify(message))
  }

  #end(): void {
    if (this.#ended) return
    this.close()
    this.#onEnd()
  }
}

/** Null for what is no message of the contract, or no JSON. */
function readMessage(text: string): ServerMessage | null {
  try {
    return serverMessage.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
