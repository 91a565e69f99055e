import type { ImageSort } from '@glowworm/events/http-api'
import type { ProcessingStatus } from '@glowworm/events/vocabulary'
import { api } from '#lib/api/api.ts'
import { reasonOf } from '#lib/api/errors.ts'
import type { ImageState } from '#lib/live/image-states.ts'
import { library } from '#lib/live/library.svelte.ts'

const pageSize = '50'

/** The images of one status: a page at a time from the API, kept up to date by live events. */
export class JobList {
  readonly #status: ProcessingStatus
  readonly #sort: ImageSort
  #cursor = $state.raw<string | null>(null)
  #request: AbortController | null = null
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
    await this.#fetch(null, async (listed, signal) => {
      // Known by this status, yet not listed under it: by now it is another.
      if (!this.hasMore) await library.refresh([...supposed.difference(listed)], signal)
    })
  }

  /** Fetches the next page, unless a page is on its way. */
  async more(): Promise<void> {
    if (!this.loading) await this.#fetch(this.#cursor, async () => {})
  }

  /** One request at a time: the latest wins. */
  async #fetch(
    cursor: string | null,
    onPage: (ids: ReadonlySet<string>, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    this.#request?.abort()
    const request = new AbortController()
    this.#request = request
    this.loading = true
    try {
      const query = { status: this.#status, sort: this.#sort, limit: pageSize, ...(cursor !== null && { cursor }) }
      const { items, next_cursor } = await api.listImages(query, request.signal)
      library.take(items)
      this.#cursor = next_cursor
      this.loaded = true
      this.problem = null
      await onPage(new Set(items.map(({ id }) => id)), request.signal)
    } catch (error) {
      if (!request.signal.aborted) this.problem = reasonOf(error)
    } finally {
      if (this.#request === request) this.loading = false
    }
  }
}
