import type { DisplaySizesCoverageResponse, DisplaySizesResponse } from '@glowworm/events/http-api'
import { api } from '#lib/api/api.ts'
import { Refused, reasonOf } from '#lib/api/errors.ts'
import { library } from '#lib/live/library.svelte.ts'
import { coverageOf, isFull, type Start, startsAfter } from './forecast.ts'
import { newestSettings } from './newest-settings.ts'

/** Between two counts that events ask for, in milliseconds: at least, and for each image that a count has to read. */
const shortestPace = 1_500
const pacePerImage = 1.5

/** While images are rendered anew they are counted even if no event comes; less often as long as nothing changes. */
const shortestWait = 3_000
const longestWait = 60_000

/** What is rendered of every image, how far that has come, and how it is changed. */
export class DisplaySettings {
  #fetched = $state.raw<DisplaySizesResponse | null>(null)
  /** Null until it has been fetched; the newest, whoever changed it. */
  readonly current = $derived(newestSettings(this.#fetched, library.settings))
  coverage = $state.raw<DisplaySizesCoverageResponse | null>(null)
  /** When each unfinished size began, as far as this page has seen it. */
  starts = $state.raw<ReadonlyMap<string, Start>>(new Map())
  /** Why the settings cannot be shown. */
  problem = $state<string | null>(null)
  #isOpen = false
  #counting = false
  /** Whether a count was asked for since the last one began. */
  #isAsked = false
  #counted = Number.NEGATIVE_INFINITY
  #wait = shortestWait
  #timer: ReturnType<typeof setTimeout> | undefined

  open(): void {
    this.#isOpen = true
    void this.load()
  }

  close(): void {
    this.#isOpen = false
    clearTimeout(this.#timer)
  }

  async load(): Promise<void> {
    try {
      this.#fetched = await api.displaySizes()
      this.problem = null
      this.countSoon()
    } catch (error) {
      this.problem = reasonOf(error)
    }
  }

  /**
   * Stores the settings of now with a change. Asks for nothing that somebody else has changed meanwhile.
   * @throws Error that says in plain words why nothing was changed
   */
  async change(change: Partial<Pick<DisplaySizesResponse, 'display_sizes' | 'formats'>>): Promise<void> {
    if (this.current === null) throw new Error('The settings have not been loaded yet.')
    try {
      const { images_affected: _, ...stored } = await api.changeDisplaySizes({ ...this.current, ...change })
      this.#fetched = stored
    } catch (error) {
      if (!(error instanceof Refused && error.code === 'conflict')) throw error
      await this.load()
      const message =
        'Somebody else has just changed the settings, so nothing was done. They are loaded again: look them over, and try once more.'
      throw new Error(message, { cause: error })
    }
    this.countSoon()
  }

  /** Something may have changed what is there. */
  countSoon(): void {
    this.#wait = shortestWait
    this.#countIn(Math.max(0, this.#counted + this.#pace - Date.now()))
  }

  get #pace(): number {
    return Math.max(shortestPace, pacePerImage * (this.coverage?.images ?? 0))
  }

  #countIn(ms: number): void {
    if (!this.#isOpen) return
    this.#isAsked = true
    if (this.#counting) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#count(), ms)
  }

  async #count(): Promise<void> {
    // Nobody looks; whoever comes back asks.
    if (document.hidden) return
    this.#counting = true
    this.#isAsked = false
    const before = JSON.stringify(this.coverage)
    try {
      const counted = await api.displaySizesCoverage()
      this.starts = startsAfter(this.starts, counted, Date.now())
      this.coverage = counted
    } catch {
      // What was counted before stays; the next count comes in any case.
    }
    this.#counting = false
    this.#counted = Date.now()
    this.#wait = JSON.stringify(this.coverage) === before ? Math.min(longestWait, this.#wait * 2) : shortestWait
    if (this.#isAsked) this.#countIn(this.#pace)
    else if (!this.#isFinished()) this.#countIn(Math.max(this.#pace, this.#wait))
  }

  #isFinished(): boolean {
    const { coverage, current } = this
    if (coverage === null || current === null) return false
    return current.display_sizes.every((size) => isFull(coverageOf(coverage, size)))
  }
}
