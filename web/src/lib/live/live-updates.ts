import type { SentUpdate, ServerMessage } from '@glowworm/events/socket-messages'
import { type After, LiveLine, type Socket } from './live-line.ts'

export type LiveState = 'connecting' | 'live' | 'offline'

const firstPauseMs = 500
const longestPauseMs = 30_000
/** API Gateway ends every connection after two hours; a new one stands before that. */
const renewalMs = 110 * 60_000
/** More than any replay repeats of what came live meanwhile. */
const rememberedEvents = 5_000
/** What nobody understands comes in numbers, if at all; the state is fetched once for all that came within this time. */
const unreadableMs = 5_000

export interface LiveUpdatesOptions {
  readonly createTicket: (signal: AbortSignal) => Promise<{ readonly url: string; readonly ticket: string }>
  readonly openSocket: (url: string) => Socket
  readonly after: After
  /** 0 to 1. */
  readonly random: () => number
  /** Called once for each event, whatever it takes to get it. */
  readonly onEvent: (event: SentUpdate) => void
  /** Called when events were lost: the state must be fetched again. */
  readonly onGap: () => void
  readonly onState: (state: LiveState) => void
}

/** A line that is being opened. */
interface Attempt {
  readonly controller: AbortController
  line: LiveLine | null
}

/**
 * The one live connection of the page: kept open, renewed before its time is up, and opened again when it breaks, with
 * everything that was missed. Invariants: at most one line is live and at most one attempt or pause leads to the next;
 * while none is live, there is one of these.
 */
export class LiveUpdates {
  readonly #options: LiveUpdatesOptions
  readonly #seen = new Set<string>()
  #line: LiveLine | null = null
  #attempt: Attempt | null = null
  #callOffPause: (() => void) | null = null
  #callOffRenewal: (() => void) | null = null
  #callOffGap: (() => void) | null = null
  /** Everything up to this position has been heard. */
  #heardUpTo: string | null = null
  #failures = 0

  constructor(options: LiveUpdatesOptions) {
    this.#options = options
  }

  /** Opens the connection and keeps it open until `close`. */
  open(): void {
    this.#options.onState('connecting')
    this.#start()
  }

  /** Ends it and forgets where it was. */
  close(): void {
    this.#stopTrying()
    this.#callOffRenewal?.()
    this.#callOffGap?.()
    this.#callOffGap = null
    this.#line?.close()
    this.#line = null
    this.#heardUpTo = null
    this.#failures = 0
    this.#seen.clear()
  }

  /** The device has found a network or woken up: what was open may be dead, and what waits need not wait. */
  reconsider(): void {
    this.#line?.check()
    if (this.#line !== null || (this.#attempt === null && this.#callOffPause === null)) return
    this.#stopTrying()
    this.#failures = 0
    this.#start()
  }

  /** The device has lost its network. */
  interrupt(): void {
    if (this.#line === null) return
    this.#line.close()
    this.#lost()
  }

  #start(): void {
    const attempt: Attempt = { controller: new AbortController(), line: null }
    this.#attempt = attempt
    this.#callOffPause = null
    this.#options.createTicket(attempt.controller.signal).then(
      ({ url, ticket }) => {
        if (this.#attempt === attempt) attempt.line = this.#dial(attempt, `${url}?ticket=${encodeURIComponent(ticket)}`)
      },
      () => {
        if (this.#attempt === attempt) this.#failed()
      },
    )
  }

  #dial(attempt: Attempt, url: string): LiveLine {
    const since = this.#heardUpTo
    /** Whether nothing is replayed any more. Until then, what comes live says nothing of what was before it. */
    let isComplete = false
    /** The highest position that was named on this line. */
    let furthest: string | null = null
    const reach = (position: string | null) => {
      furthest = later(furthest, position)
      if (isComplete) this.#heardUpTo = later(this.#heardUpTo, furthest)
    }
    const complete = () => {
      isComplete = true
      reach(null)
    }
    const line: LiveLine = new LiveLine({
      socket: this.#options.openSocket(url),
      after: this.#options.after,
      since,
      onMessage: (message) => {
        if (message.type === 'hello') {
          reach(message.latest_position)
          // Without a position to begin at, nothing is replayed.
          if (since === null) {
            complete()
            this.#options.onGap()
          }
          this.#answered(attempt, line)
        } else if (message.type === 'replay_complete') {
          complete()
        } else if (message.type === 'resync_required') {
          complete()
          this.#options.onGap()
        } else if (isUpdate(message)) {
          reach(message.position)
          this.#hear(message)
        }
      },
      onUnreadable: () => {
        // The state will be fetched; it may also have been the end of a replay that failed.
        complete()
        this.#callOffGap ??= this.#options.after(unreadableMs, () => {
          this.#callOffGap = null
          this.#options.onGap()
        })
      },
      onEnd: () => {
        if (this.#line === line) this.#lost()
        else if (this.#attempt === attempt) this.#failed()
      },
    })
    return line
  }

  /** The new line hears everything from here on, so the old one is not needed any more. */
  #answered(attempt: Attempt, line: LiveLine): void {
    if (this.#attempt !== attempt) return
    this.#attempt = null
    this.#failures = 0
    this.#line?.close()
    this.#line = line
    this.#callOffRenewal?.()
    this.#callOffRenewal = this.#options.after(renewalMs * (0.95 + this.#options.random() / 20), () => {
      if (this.#attempt === null && this.#callOffPause === null) this.#start()
    })
    this.#options.onState('live')
  }

  #hear(event: SentUpdate): void {
    if (this.#seen.has(event.id)) return
    this.#seen.add(event.id)
    if (this.#seen.size > rememberedEvents) this.#seen.delete(this.#seen.values().next().value ?? '')
    this.#options.onEvent(event)
  }

  /** The live line has broken. */
  #lost(): void {
    this.#line = null
    this.#callOffRenewal?.()
    this.#options.onState('offline')
    if (this.#attempt === null && this.#callOffPause === null) this.#pause()
  }

  #failed(): void {
    this.#attempt?.line?.close()
    this.#attempt = null
    this.#failures++
    if (this.#line === null) this.#options.onState('offline')
    this.#pause()
  }

  /** Everybody's connection may have broken at the same moment; they do not all come back at the same moment. */
  #pause(): void {
    const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures)
    this.#callOffPause = this.#options.after(longest * (0.5 + this.#options.random() / 2), () => this.#start())
  }

  #stopTrying(): void {
    this.#callOffPause?.()
    this.#callOffPause = null
    const attempt = this.#attempt
    this.#attempt = null
    attempt?.controller.abort()
    attempt?.line?.close()
  }
}

const isUpdate = (message: ServerMessage): message is SentUpdate => 'id' in message

/** The higher of two positions. */
function later(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other
  return one > other ? one : other
}
