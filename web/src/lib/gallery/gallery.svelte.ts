import { imageEvent } from '@glowworm/events/image-events'
import { api } from '#lib/api/api.ts'
import { hear, type ImageState, type Known, nothingKnown, see } from '#lib/live/image-states.ts'
import { LiveUpdates } from '#lib/live/live-updates.svelte.ts'

const pageSize = '60'

/** What the gallery shows: pages from the API, kept up to date by live events. Newest first. */
export class Gallery {
  #known = $state.raw<Known>(nothingKnown)
  #cursor = $state.raw<string | null>(null)
  /** Whether the first page has been asked for and answered. */
  loaded = $state(false)
  problem = $state<string | null>(null)
  readonly #live = new LiveUpdates({
    onMessage: (message) => {
      const event = imageEvent.safeParse(message)
      if (event.success) this.#known = hear(this.#known, event.data)
    },
    onGap: () => void this.refresh(),
  })
  readonly images: readonly ImageState[] = $derived(
    [...this.#known.states.values()].sort((a, b) => b.image.uploaded_at.localeCompare(a.image.uploaded_at)),
  )

  get connection() {
    return this.#live.state
  }

  get hasMore(): boolean {
    return this.#cursor !== null
  }

  open(): void {
    void this.refresh()
    this.#live.open()
  }

  close(): void {
    this.#live.close()
  }

  /** Fetches the first page (again). */
  refresh(): Promise<void> {
    return this.#load({})
  }

  more(): Promise<void> {
    return this.#cursor === null ? Promise.resolve() : this.#load({ cursor: this.#cursor })
  }

  async #load(query: Record<string, string>): Promise<void> {
    try {
      const page = await api.listImages({ limit: pageSize, ...query })
      this.#known = page.items.reduce(see, this.#known)
      this.#cursor = page.next_cursor
      this.problem = null
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
    } finally {
      this.loaded = true
    }
  }
}
