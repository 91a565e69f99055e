import { setTimeout as wait } from 'node:timers/promises'
import { type ServerMessage, serverMessage } from '@glowworm/events/socket-messages'
import { type ApiClient, Unreachable } from './api-client.ts'

const longestPauseMs = 15_000
const heartbeatMs = 5 * 60_000

/**
 * The live updates of all images. Reconnects with a jittered pause and asks for what it missed; messages that it has
 * seen may come again.
 */
export class LiveConnection {
  readonly #api: ApiClient
  readonly #onMessage: (message: ServerMessage) => void
  readonly #onReach: (isThere: boolean) => void
  #socket: WebSocket | null = null
  #lastEventId: string | null = null
  #closed = false

  private constructor(
    api: ApiClient,
    onMessage: (message: ServerMessage) => void,
    onReach: (isThere: boolean) => void,
  ) {
    this.#api = api
    this.#onMessage = onMessage
    this.#onReach = onReach
  }

  /**
   * Resolves once the server has said hello: nothing that happens from then on is missed.
   * @param onReach is told when the server cannot be reached any more, and when it can again
   */
  static async open(
    api: ApiClient,
    onMessage: (message: ServerMessage) => void,
    onReach: (isThere: boolean) => void = () => {},
  ): Promise<LiveConnection> {
    const connection = new LiveConnection(api, onMessage, onReach)
    await connection.#connect()
    return connection
  }

  close(): void {
    this.#closed = true
    this.#socket?.close()
  }

  async #connect(): Promise<void> {
    const { url, ticket } = await this.#api.createTicket()
    const socket = new WebSocket(`${url}?ticket=${encodeURIComponent(ticket)}`)
    this.#socket = socket
    const heartbeat = setInterval(() => socket.send(JSON.stringify({ action: 'ping' })), heartbeatMs)
    heartbeat.unref()
    let greeted = false
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () =>
        socket.send(
          JSON.stringify({
            action: 'subscribe',
            channels: ['images'],
            ...(this.#lastEventId !== null && { since: this.#lastEventId }),
          }),
        )
      socket.onmessage = ({ data }) => {
        const parsed = serverMessage.safeParse(JSON.parse(String(data)))
        // API Gateway has words of its own for a function that failed: the subscription did not come about.
        if (!parsed.success || parsed.data.type === 'error') {
          if (!greeted) socket.close()
          return
        }
        const message = parsed.data
        if (message.type === 'hello') {
          greeted = true
          this.#lastEventId ??= message.latest_event_id
          resolve()
        } else if ('image_id' in message && (this.#lastEventId === null || message.id > this.#lastEventId)) {
          this.#lastEventId = message.id
        }
        this.#onMessage(message)
      }
      socket.onerror = () => reject(new Unreachable(`The live connection to ${new URL(url).origin} was refused`))
      socket.onclose = () => {
        clearInterval(heartbeat)
        reject(new Unreachable(`The live connection to ${new URL(url).origin} was closed`))
        if (greeted && !this.#closed) void this.#reconnect()
      }
    })
  }

  async #reconnect(): Promise<void> {
    let isAway = false
    for (let pause = 250; !this.#closed; pause = Math.min(pause * 2, longestPauseMs)) {
      await wait(pause * (0.5 + Math.random()))
      try {
        await this.#connect()
        if (isAway) this.#onReach(true)
        return
      } catch {
        // Still away: the next round tries again, for as long as somebody waits.
        if (!isAway && !this.#closed) this.#onReach(false)
        isAway = true
      }
    }
  }
}
