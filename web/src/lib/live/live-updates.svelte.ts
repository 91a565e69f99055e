import { type ServerMessage, serverMessage } from '@glowworm/events/socket-messages'
import { api } from '#lib/api/api.ts'

export type LiveState = 'connecting' | 'live' | 'offline'

const longestPauseMs = 30_000
const heartbeatMs = 5 * 60_000

/**
 * The one live connection of the page. Reconnects with a jittered pause, and asks for what it missed; `onGap` is
 * called when that cannot be had and the state must be fetched again.
 */
export class LiveUpdates {
  state = $state<LiveState>('connecting')
  readonly #onMessage: (message: ServerMessage) => void
  readonly #onGap: () => void
  #socket: WebSocket | null = null
  #lastEventId: string | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor(options: { onMessage: (message: ServerMessage) => void; onGap: () => void }) {
    this.#onMessage = options.onMessage
    this.#onGap = options.onGap
  }

  /** Opens the connection and keeps it open until `close`. */
  open(): void {
    this.#closed = false
    void this.#connect(0)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#socket?.close()
  }

  async #connect(attempt: number): Promise<void> {
    let socket: WebSocket
    try {
      const { url, ticket } = await api.createTicket()
      if (this.#closed) return
      socket = new WebSocket(`${url}?ticket=${encodeURIComponent(ticket)}`)
    } catch {
      this.#retry(attempt)
      return
    }
    this.#socket = socket
    let heartbeat: ReturnType<typeof setInterval> | undefined
    let greeted = false
    socket.onopen = () => {
      heartbeat = setInterval(() => socket.send(JSON.stringify({ action: 'ping' })), heartbeatMs)
      const since = this.#lastEventId
      socket.send(JSON.stringify({ action: 'subscribe', channels: ['images'], ...(since !== null && { since }) }))
    }
    socket.onmessage = ({ data }) => {
      const message = serverMessage.parse(JSON.parse(String(data)))
      if (message.type === 'hello') {
        // A reconnect without a last event cannot be caught up by replay.
        if (this.#lastEventId === null) this.#onGap()
        this.#lastEventId ??= message.latest_event_id
        greeted = true
        this.state = 'live'
      } else if (message.type === 'resync_required') {
        this.#onGap()
      } else if ('image_id' in message && (this.#lastEventId === null || message.id > this.#lastEventId)) {
        this.#lastEventId = message.id
      }
      this.#onMessage(message)
    }
    socket.onclose = () => {
      clearInterval(heartbeat)
      this.#retry(greeted ? 0 : attempt + 1)
    }
  }

  #retry(attempt: number): void {
    if (this.#closed) return
    this.state = 'offline'
    const pause = Math.min(longestPauseMs, 500 * 2 ** attempt) * (0.5 + Math.random())
    this.#timer = setTimeout(() => void this.#connect(attempt + 1), pause)
  }
}
