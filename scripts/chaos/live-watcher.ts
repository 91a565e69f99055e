import { setTimeout as wait } from 'node:timers/promises'
import { timeOf } from '../../functions/adapters/dynamodb-event-log.ts'
import { replayOverlapMs } from '../../functions/core/log-positions.ts'
import {
  forget,
  hear,
  type ImageFacts,
  type ImageState,
  nothingKnown,
  see,
  stateOf,
} from '../../web/src/lib/live/image-states.ts'
import { LiveUpdates } from '../../web/src/lib/live/live-updates.ts'
import { type ApiClient, Refused } from '../client/api-client.ts'
import type { RandomSequence } from '../local/faults/random.ts'
import { allImages } from './outside-view.ts'

export interface RefusedReplay {
  readonly reason: string
  /** How many of the events that it had heard would have come again, because they stand in the overlap of replays. */
  readonly inOverlap: number
}

/**
 * A client that is cut off again and again, and knows only what it hears: live events, what is replayed when it comes
 * back, and a whole listing when it is told to fetch one. It is the site's own code that connects and learns.
 */
export class LiveWatcher {
  readonly #signIn: () => Promise<ApiClient>
  readonly #facts = new Map<string, ImageFacts>()
  readonly #live: LiveUpdates
  readonly #positions = new Set<string>()
  #isConnected = false
  #isClosed = false
  #fetching: Promise<void> = Promise.resolve()
  /** Connections that came about, events heard, and listings that were needed because events could not be had again. */
  readonly counts = { connections: 0, events: 0, listings: 0 }
  /** Each time that it was not told again what it had missed. */
  readonly refusedReplays: RefusedReplay[] = []

  constructor(signIn: () => Promise<ApiClient>, random: RandomSequence) {
    this.#signIn = signIn
    this.#live = new LiveUpdates({
      createTicket: async () => (await signIn()).createTicket(),
      openSocket: (url) => this.#openSocket(url),
      after: (ms, act) => {
        const timer = setTimeout(act, ms)
        return () => clearTimeout(timer)
      },
      random,
      onEvent: (event) => {
        this.counts.events += 1
        if ('image_id' in event) this.#learn(event.image_id, (facts) => hear(facts, event))
      },
      onGap: () => {
        this.counts.listings += 1
        this.#fetching = this.#fetching.then(() => this.#fetchAll())
      },
      onState: (state) => {
        this.#isConnected = state === 'live'
        if (this.#isConnected) this.counts.connections += 1
      },
    })
  }

  open(): void {
    this.#live.open()
  }

  /** Loses its connection, and finds a network again at once. */
  cut(): void {
    this.#live.interrupt()
    this.#live.reconsider()
  }

  /** Does not wait for its next attempt. */
  reconsider(): void {
    this.#live.reconsider()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#live.close()
    await this.#fetching
  }

  /** What it would show, by image. */
  get states(): ReadonlyMap<string, ImageState> {
    return new Map(
      [...this.#facts].flatMap(([id, facts]) => {
        const state = stateOf(facts)
        return state === null ? [] : [[id, state] as const]
      }),
    )
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  #openSocket(url: string): WebSocket {
    const socket = new WebSocket(url)
    socket.addEventListener('message', ({ data }) => {
      const { type, reason = '', position } = JSON.parse(String(data)) as Partial<Record<string, string>>
      if (position !== undefined) this.#positions.add(position)
      if (type === 'resync_required') this.refusedReplays.push({ reason, inOverlap: this.#countInOverlap() })
    })
    return socket
  }

  #countInOverlap(): number {
    const times = [...this.#positions].map(timeOf)
    const last = times.reduce((one, other) => Math.max(one, other), 0)
    return times.filter((time) => time >= last - replayOverlapMs).length
  }

  /** As often as it takes: until then there is a gap. */
  async #fetchAll(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#fetchOnce(await this.#signIn())
        return
      } catch {
        await wait(500)
      }
    }
  }

  async #fetchOnce(api: ApiClient): Promise<void> {
    const before = new Map([...this.states].map(([id, { image }]) => [id, image.revision]))
    const listed = await allImages(api)
    for (const image of listed) this.#learn(image.id, (facts) => see(facts, image))
    const ids = new Set(listed.map(({ id }) => id))
    // A listing is a moment behind: what is not in it is asked for by name.
    for (const [id, revision] of before) {
      if (ids.has(id)) continue
      try {
        const image = await api.getImage(id)
        this.#learn(id, (facts) => see(facts, image))
      } catch (error) {
        if (!(error instanceof Refused && error.status === 404)) throw error
        this.#learn(id, (facts) => forget(facts, revision))
      }
    }
  }

  #learn(id: string, change: (facts: ImageFacts) => ImageFacts): void {
    this.#facts.set(id, change(this.#facts.get(id) ?? nothingKnown))
  }
}
