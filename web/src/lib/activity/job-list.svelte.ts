import type { ImageSort } from '@glowworm/events/http-api'
import type { ProcessingStatus } from '@glowworm/events/vocabulary'
import { api } from '#lib/api/api.ts'
import { reasonOf } from '#lib/api/errors.ts'
import type { ImageState } from '#lib/live/image-states.ts'
import { library } from '#lib/live/library.svelte.ts'

const pageSize = 50

/** The images of one status: a page at a time from the API, kept up to date by live events. */
export class JobList {
  readonly #status: ProcessingStatus
  readonly #sort: ImageSort
  #cursor = $state.raw<string | null>(null)
  loaded = $state(false)
  loading = $state(false)
  problem = $state<string | null>(null)

  /** Every image of this status that is known, in no order that means anything. */
  readonly states: readonly ImageState[] = $derived.by(() =>
    [...library.states].filter(({ image }) => image.processing_status === this.#status),
  )

  constructor(status: ProcessingStatus, sort: ImageSort) {
    this.#status = status
    this.#sort = sort
  }

  get hasMore(): boolean {
    return this.#cursor !== null
  }

  /** Begins anew: events were lost, or nothing is known yet. */
  async load(): Promise<void> {
    const supposed = new Set(this.states.map(({ image }) => image.id))
    await this.#fetch(null, (ids) => {
      for (const id of ids) supposed.delete(id)
      // Known by this status, yet not listed under it: it is another by now, or on a later page.
      if (this.#cursor === null) for (const id of supposed) void library.fetch(id).catch(() => undefined)
    })
  }

  more(): Promise<void> {
    return this.#fetch(this.#cursor, () => {})
  }

  async #fetch(cursor: string | null, onPage: (ids: readonly string[]) => void): Promise<void> {
    if (this.loading) return
    this.loading = true
    try {
      const query = {
        status: this.#status,
        sort: this.#sort,
        limit: String(pageSize),
        ...(cursor !== null && { cursor }),
      }
      const { items, next_cursor } = await api.listImages(query)
      library.take(items)
      this.#cursor = next_cursor
      this.loaded = true
      this.problem = null
      onPage(items.map(({ id }) => id))
    } catch (error) {
      this.problem = reasonOf(error)
    } finally {
      this.loading = false
    }
  }
}
