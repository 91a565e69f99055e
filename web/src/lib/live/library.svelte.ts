import type { BulkResult, DisplaySizesResponse } from '@glowworm/events/http-api'
import type { Image } from '@glowworm/events/image'
import { api } from '#lib/api/api.ts'
import { Refused } from '#lib/api/errors.ts'
import { forget, hear, type ImageFacts, type ImageState, nothingKnown, see, stateOf } from './image-states.ts'
import { type LiveState, LiveUpdates } from './live-updates.ts'

/** Events come in bursts; what is shown follows at this pace, in milliseconds. */
const pace = 50

/** At some 4 KB an image. */
const refreshedPerCall = 250

/** The state of each image that has changed, by its id; null for one that does not exist any more. */
export type LibraryChanges = ReadonlyMap<string, ImageState | null>

/** Every image that this page has heard of, kept up to date by live events. One for all routes. */
class Library {
  readonly #facts = new Map<string, ImageFacts>()
  readonly #states = new Map<string, ImageState>()
  #version = $state(0)
  /** Ids of what has changed since it was last announced. */
  #changed = new Set<string>()
  readonly #followers = new Set<(changes: LibraryChanges) => void>()
  #announcing: ReturnType<typeof setTimeout> | undefined
  /** Grows each time events were lost: what was fetched before may be out of date. */
  gaps = $state(0)
  /** The newest display settings that were announced; null as long as none were. */
  settings = $state.raw<DisplaySizesResponse | null>(null)
  /** Whether news arrive. */
  connection = $state<LiveState>('connecting')
  readonly #live = new LiveUpdates({
    createTicket: api.createTicket,
    openSocket: (url) => new WebSocket(url),
    after: (ms, act) => {
      const timer = setTimeout(act, ms)
      return () => clearTimeout(timer)
    },
    random: Math.random,
    onEvent: (event) => {
      if ('image_id' in event) this.#learn(event.image_id, (facts) => hear(facts, event))
      else if (event.type === 'settings:changed') this.#hearSettings(event.data)
    },
    onGap: () => this.gaps++,
    onState: (state) => {
      this.connection = state
    },
  })

  /** All that exist, in no order that means anything. */
  get states(): Iterable<ImageState> {
    void this.#version
    return this.#states.values()
  }

  /** Null for an image that is not known, or deleted. */
  stateOf(id: string): ImageState | null {
    void this.#version
    return this.#states.get(id) ?? null
  }

  /** Calls `follower` with every change from now on, before anything else sees it. */
  follow(follower: (changes: LibraryChanges) => void): void {
    this.#followers.add(follower)
  }

  open(): void {
    this.#live.open()
  }

  /** The device has found or lost its network, or woken up. */
  reconsider(): void {
    if (navigator.onLine) this.#live.reconsider()
    else this.#live.interrupt()
  }

  /** Ends the live connection and forgets everything: the next person may not see it. */
  close(): void {
    this.#live.close()
    this.#changed = new Set(this.#states.keys())
    this.#facts.clear()
    this.#states.clear()
    this.settings = null
    this.#announce()
  }

  /** Takes in states that were fetched. They show at once. */
  take(images: readonly Image[]): void {
    for (const image of images) this.#learn(image.id, (facts) => see(facts, image))
    this.#announce()
  }

  /** @throws Refused with status 404 if there is no such image; it is then not shown any more either. */
  async fetch(id: string): Promise<void> {
    const revision = this.#facts.get(id)?.image?.revision ?? 0
    try {
      this.take([await api.getImage(id)])
    } catch (error) {
      if (error instanceof Refused && error.status === 404) this.#forget(id, revision)
      throw error
    }
  }

  /** Fetches what has become of these; those that are gone are not shown any more. One call after the other. */
  async refresh(ids: readonly string[], signal: AbortSignal): Promise<void> {
    for (let from = 0; from < ids.length; from += refreshedPerCall) {
      const asked = ids.slice(from, from + refreshedPerCall)
      const revisions = new Map(asked.map((id) => [id, this.#facts.get(id)?.image?.revision ?? 0]))
      const found = await api.getImages(asked, signal)
      for (const [id, revision] of revisions) {
        if (!found.has(id)) this.#learn(id, (facts) => forget(facts, revision))
      }
      this.take([...found.values()])
    }
  }

  async retry(id: string): Promise<void> {
    this.take([await api.retryProcessing(id)])
  }

  #hearSettings(settings: DisplaySizesResponse): void {
    if (settings.revision > (this.settings?.revision ?? 0)) this.settings = settings
  }

  /** Deletes each by itself; what is gone is not shown any more. `keepAlive`: the page may be gone before the answer. */
  async bulkDelete(ids: readonly string[], keepAlive: boolean): Promise<readonly BulkResult[]> {
    const revisions = new Map(ids.map((id) => [id, this.#facts.get(id)?.image?.revision ?? 0]))
    const { results } = await api.bulkDelete(ids, keepAlive)
    for (const { id, status, error } of results) {
      if (status === 'done' || error?.code === 'not_found') this.#forget(id, revisions.get(id) ?? 0)
    }
    return results
  }

  #forget(id: string, revision: number): void {
    this.#learn(id, (facts) => forget(facts, revision))
    this.#announce()
  }

  #learn(id: string, change: (facts: ImageFacts) => ImageFacts): void {
    const before = this.#facts.get(id) ?? nothingKnown
    const after = change(before)
    if (after === before) return
    this.#facts.set(id, after)
    const state = stateOf(after)
    if (state === null) this.#states.delete(id)
    else this.#states.set(id, state)
    this.#changed.add(id)
    this.#announcing ??= setTimeout(() => this.#announce(), pace)
  }

  #announce(): void {
    clearTimeout(this.#announcing)
    this.#announcing = undefined
    const changes = new Map([...this.#changed].map((id) => [id, this.#states.get(id) ?? null]))
    this.#changed.clear()
    for (const follower of this.#followers) follower(changes)
    this.#version++
  }
}

export const library = new Library()
