import type { SentUpdate } from '@glowworm/events/socket-messages'
import { LiveUpdates } from '../../web/src/lib/live/live-updates.ts'
import { type ApiClient, Unreachable } from './api-client.ts'

export interface LiveListener {
  /** Called once for each event, whatever it takes to get it. */
  readonly onEvent: (event: SentUpdate) => void
  /** Called when events were lost: the state must be fetched again. Also at the beginning. */
  readonly onGap?: () => void
  /** Is told when the server cannot be reached any more, and when it can again. */
  readonly onReach?: (isThere: boolean) => void
}

/** The live updates of all images, by the site's own code. */
export class LiveConnection {
  readonly #live: LiveUpdates

  private constructor(live: LiveUpdates) {
    this.#live = live
  }

  /**
   * Resolves once the server has said hello: nothing that happens from then on is missed.
   * @throws what the API said to the first attempt, or Unreachable
   */
  static async open(
    api: ApiClient,
    { onEvent, onGap = () => {}, onReach = () => {} }: LiveListener,
  ): Promise<LiveConnection> {
    const greeted = Promise.withResolvers<void>()
    let refusal: unknown = new Unreachable(`The live connection to ${api.url} was refused`)
    /** 0 while it is live, 1 once it has broken off, and more with every attempt that failed since. */
    let troubles = 0
    const live = new LiveUpdates({
      createTicket: async () => {
        try {
          return await api.createTicket()
        } catch (error) {
          refusal = error
          throw error
        }
      },
      openSocket: (url) => new WebSocket(url),
      after: (ms, act) => {
        const timer = setTimeout(act, ms)
        return () => clearTimeout(timer)
      },
      random: Math.random,
      onEvent,
      onGap,
      onState: (state) => {
        if (state === 'live') {
          if (troubles > 1) onReach(true)
          troubles = 0
          greeted.resolve()
        } else if (state === 'offline') {
          greeted.reject(refusal)
          troubles += 1
          if (troubles === 2) onReach(false)
        }
      },
    })
    live.open()
    try {
      await greeted.promise
    } catch (error) {
      live.close()
      throw error
    }
    return new LiveConnection(live)
  }

  close(): void {
    this.#live.close()
  }
}
