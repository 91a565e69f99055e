import type { Image } from '@glowworm/events/image'
import { api } from '#lib/api/api.ts'
import { reasonOf } from '#lib/api/errors.ts'
import type { ImageState } from '#lib/live/image-states.ts'
import { library } from '#lib/live/library.svelte.ts'
import { deletions } from './deletions.svelte.ts'
import {
  comparator,
  type GalleryLayout,
  type GalleryQuery,
  listSame,
  parametersOf,
  queryFrom,
} from './gallery-query.ts'
import { SortedImages } from './sorted-images.ts'

const pageSize = 100
/** Of a list that is fetched again: how far it goes before the rest waits for the next scroll. */
const refreshedImages = 2_000

/**
 * The images of one query: pages from the API, kept up to date by live events. An image that no longer matches leaves
 * the list. One that comes to match enters it where it belongs, if the pages so far reach that place.
 */
class Gallery {
  query = $state.raw<GalleryQuery>(queryFrom(new URLSearchParams()))
  #listed = new Set<string>()
  /** All that is known and matches, as far as the pages reach and beyond. */
  #sorted = new SortedImages(this.query, [])
  /** Grows with each change to what is sorted. */
  #version = $state(0)
  /** The last one that the pages so far tell of, and where the next begins; null if there are none. */
  #frontier = $state.raw<{ readonly last: Image | null; readonly cursor: string | null } | null>(null)
  #request: AbortController | null = null
  /** Ends with the request that is under way. */
  #loaded: Promise<void> = Promise.resolve()
  /** The query whose first pages are on their way, and whether they are to be fetched again then. */
  #showing: { readonly query: GalleryQuery; again: boolean } | null = null
  loading = $state(false)
  problem = $state<string | null>(null)

  readonly images: readonly ImageState[] = $derived.by(() => {
    void this.#version
    const frontier = this.#frontier
    if (frontier === null || (frontier.cursor !== null && frontier.last === null)) return []
    const reached = this.#sorted.upTo(frontier.cursor === null ? null : frontier.last)
    const { hidden } = deletions
    return hidden.size === 0 ? reached : reached.filter(({ image }) => !hidden.has(image.id))
  })

  constructor() {
    library.follow((changes) => {
      this.#sorted.take(changes)
      this.#version++
    })
  }

  get loaded(): boolean {
    return this.#frontier !== null
  }

  get hasMore(): boolean {
    return this.#frontier !== null && this.#frontier.cursor !== null
  }

  /**
   * Shows another query, or the same one as it is now. What is in sight stays until the answer is there; and an answer
   * that is on its way is shown before the same is asked again, so that no number of questions can keep a page empty.
   */
  async show(query: GalleryQuery): Promise<void> {
    if (this.#showing !== null && listSame(this.#showing.query, query)) {
      this.#showing.again = true
      return
    }
    const showing = { query, again: false }
    this.#showing = showing
    do {
      showing.again = false
      await this.#showPages(query)
    } while (showing.again && this.#showing === showing)
    if (this.#showing === showing) this.#showing = null
  }

  async #showPages(query: GalleryQuery): Promise<void> {
    const seen = listSame(this.query, query) ? this.#listed.size : 0
    await this.#load(async (signal) => {
      let { last, cursor } = await this.#page(query, null, signal)
      const listed = new Set(last.ids)
      while (cursor !== null && listed.size < Math.min(seen, refreshedImages)) {
        const page = await this.#page(query, cursor, signal)
        for (const id of page.last.ids) listed.add(id)
        last = { ids: page.last.ids, image: lastOf(query, last.image, page.last.image) }
        cursor = page.cursor
      }
      this.#listed = listed
      if (!listSame(this.query, query)) this.#sorted = new SortedImages(query, library.states)
      this.query = { ...query, view: this.query.view }
      this.#frontier = { last: last.image, cursor }
      // Known, yet not in the fresh pages: too new for them, or deleted while nothing was heard.
      const unlisted = this.images.filter(({ image }) => !listed.has(image.id))
      await library.refresh(
        unlisted.map(({ image }) => image.id),
        signal,
      )
    })
  }

  /** Shows the same images in another way. */
  layOut(view: GalleryLayout): void {
    this.query = { ...this.query, view }
  }

  /** Fetches the next page, if there is one; while something is on its way already, waits for that instead. */
  async more(): Promise<void> {
    if (this.loading) return this.#loaded
    const frontier = this.#frontier
    if (frontier === null || frontier.cursor === null) return
    await this.#load(async (signal) => {
      const { last, cursor } = await this.#page(this.query, frontier.cursor, signal)
      for (const id of last.ids) this.#listed.add(id)
      this.#frontier = { last: lastOf(this.query, frontier.last, last.image), cursor }
    })
  }

  /** Forgets everything: the next person may not see it. */
  close(): void {
    this.#request?.abort()
    this.#showing = null
    this.#frontier = null
    this.#listed = new Set()
  }

  async #page(query: GalleryQuery, cursor: string | null, signal: AbortSignal) {
    const parameters = { ...parametersOf(query), limit: String(pageSize), ...(cursor !== null && { cursor }) }
    const { items, next_cursor } = await api.listImages(parameters, signal)
    library.take(items)
    const last = items.reduce<Image | null>((latest, image) => lastOf(query, latest, image), null)
    return { last: { ids: items.map(({ id }) => id), image: last }, cursor: next_cursor }
  }

  /** One request at a time: the latest wins. */
  #load(fetchPages: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#request?.abort()
    const request = new AbortController()
    this.#request = request
    this.loading = true
    this.#loaded = this.#settle(request, fetchPages)
    return this.#loaded
  }

  async #settle(request: AbortController, fetchPages: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await fetchPages(request.signal)
      this.problem = null
    } catch (error) {
      if (!request.signal.aborted) this.problem = reasonOf(error)
    } finally {
      if (this.#request === request) this.loading = false
    }
  }
}

/** The later of two. Images that tie stand on the server's pages in no order that is known here. */
function lastOf(query: GalleryQuery, one: Image | null, other: Image | null): Image | null {
  if (one === null || other === null) return one ?? other
  return comparator(query)(one, other) > 0 ? one : other
}

export const gallery = new Gallery()
