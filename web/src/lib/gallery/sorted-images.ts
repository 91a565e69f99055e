import type { Image } from '@glowworm/events/image'
import type { ImageState } from '#lib/live/image-states.ts'
import { comparator, type GalleryQuery, matches } from './gallery-query.ts'

/**
 * The images that a query matches, in its order. What that order goes by never changes while an image exists, so one
 * that changes keeps its place, and only what comes or goes moves the others.
 */
export class SortedImages {
  readonly #query: GalleryQuery
  readonly #compare: (a: Image, b: Image) => number
  /** The same ones by id. */
  readonly #members: Map<string, ImageState>
  #sorted: readonly ImageState[]

  constructor(query: GalleryQuery, states: Iterable<ImageState>) {
    this.#query = query
    this.#compare = comparator(query)
    const members = [...states].filter(({ image }) => matches(query, image))
    this.#members = new Map(members.map((state) => [state.image.id, state]))
    this.#sorted = members.sort((a, b) => this.#compare(a.image, b.image))
  }

  /** Those that do not come after `last`; all of them without it. */
  upTo(last: Image | null): readonly ImageState[] {
    return last === null ? this.#sorted : this.#sorted.slice(0, this.#placeAfter(last))
  }

  /** Takes in what has become of some images, by id; null is one that is no more. */
  take(changes: ReadonlyMap<string, ImageState | null>): void {
    const come: ImageState[] = []
    const gone: ImageState[] = []
    const changed: ImageState[] = []
    for (const [id, state] of changes) {
      const before = this.#members.get(id)
      const after = state !== null && matches(this.#query, state.image) ? state : null
      if (after === null) this.#members.delete(id)
      else this.#members.set(id, after)
      if (before === undefined && after !== null) come.push(after)
      else if (before !== undefined && after !== null) changed.push(after)
      else if (before !== undefined) gone.push(before)
    }
    const sorted = [...this.#sorted]
    for (const state of changed) sorted[this.#placeAfter(state.image) - 1] = state
    this.#sorted = this.#merge(this.#without(sorted, gone), come)
  }

  #without(sorted: readonly ImageState[], gone: readonly ImageState[]): readonly ImageState[] {
    if (gone.length === 0) return sorted
    const ids = new Set(gone.map(({ image }) => image.id))
    return sorted.filter(({ image }) => !ids.has(image.id))
  }

  /** Looks for the places of the few, instead of comparing the many. */
  #merge(sorted: readonly ImageState[], come: ImageState[]): readonly ImageState[] {
    if (come.length === 0) return sorted
    const merged: ImageState[] = []
    let from = 0
    for (const state of come.sort((a, b) => this.#compare(a.image, b.image))) {
      const place = this.#placeAfter(state.image, sorted)
      for (; from < place; from++) merged.push(sorted[from] as ImageState)
      merged.push(state)
    }
    for (; from < sorted.length; from++) merged.push(sorted[from] as ImageState)
    return merged
  }

  /** How many do not come after `image`. */
  #placeAfter(image: Image, sorted = this.#sorted): number {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare((sorted[middle] as ImageState).image, image) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
