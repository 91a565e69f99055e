import { limits } from '@glowworm/events/vocabulary'
import { api } from '#lib/api/api.ts'
import { reasonOf } from '#lib/api/errors.ts'
import { canBeRetried } from '#lib/image/can-be-retried.ts'
import type { ImageState } from '#lib/live/image-states.ts'
import { toasts } from '#lib/ui/toasts.svelte.ts'
import { counted } from '#lib/ui/words.ts'
import { deleteWithUndo } from './deletions.svelte.ts'
import { failureLines } from './failure-lines.ts'
import { gallery } from './gallery.svelte.ts'
import { extend, nothingSelected, type Selection, selectAll, toggle } from './selection.ts'

const noImages: readonly ImageState[] = []

/** What of the gallery is pointed at and what is selected, in whichever view. */
class Browsing {
  #selection = $state.raw<Selection>(nothingSelected)
  /** The photo that Tab leads to; null before any was pointed at. */
  active = $state<string | null>(null)
  /** The photo that is to have the focus as soon as it is on the page. */
  focusing = $state<string | null>(null)
  /** Whether the rest of a long list is being fetched to be selected. */
  reaching = $state(false)
  retrying = $state(false)

  /** Only what is in the list: nothing is done to a photo that nobody sees. */
  readonly selected: readonly ImageState[] = $derived(
    this.#selection.ids.size === 0 ? noImages : gallery.images.filter(({ image }) => this.#selection.ids.has(image.id)),
  )
  readonly selectedIds: ReadonlySet<string> = $derived(new Set(this.selected.map(({ image }) => image.id)))
  readonly retryable: readonly ImageState[] = $derived(this.selected.filter(({ image }) => canBeRetried(image)))
  readonly isAllSelected: boolean = $derived(this.selected.length === gallery.images.length)

  toggle(id: string): void {
    this.#selection = toggle(this.#selection, id)
    this.active = id
  }

  /** Selects up to `to`: from where the range began, or from the photo that was pointed at last. */
  extend(to: string): void {
    this.#selection = extend(this.#selection, this.#order(), to, this.active ?? to)
    this.active = to
  }

  selectAll(): void {
    this.#selection = selectAll(this.#selection, this.#order())
  }

  /** Selects all there are, page after page, until there is no other or `clear` is called. */
  async selectToTheEnd(): Promise<void> {
    this.reaching = true
    this.selectAll()
    while (this.reaching && gallery.hasMore && gallery.problem === null) {
      await gallery.more()
      if (this.reaching) this.selectAll()
    }
    this.reaching = false
  }

  clear(): void {
    this.reaching = false
    this.#selection = nothingSelected
  }

  /** The photo gets the focus, now or when it is on the page. */
  focus(id: string): void {
    this.active = id
    this.focusing = id
  }

  /** Deletes what is selected, or else the photo that is pointed at. The focus goes on to the next. */
  delete(): void {
    const pointedAt = gallery.images.find(({ image }) => image.id === this.active)
    const going = this.selected.length > 0 ? this.selected : pointedAt === undefined ? [] : [pointedAt]
    if (going.length === 0) return
    const ids = new Set(going.map(({ image }) => image.id))
    const from = Math.max(0, pointedAt === undefined ? 0 : gallery.images.indexOf(pointedAt))
    const stays = ({ image }: ImageState) => !ids.has(image.id)
    const next = gallery.images.slice(from).find(stays) ?? gallery.images.slice(0, from).findLast(stays)
    deleteWithUndo([...ids])
    this.clear()
    if (next !== undefined) this.focus(next.image.id)
  }

  /** Has those that failed, and may succeed, processed again; names those that were refused. */
  async retry(): Promise<void> {
    const ids = this.retryable.map(({ image }) => image.id)
    this.retrying = true
    try {
      const results = []
      for (let at = 0; at < ids.length; at += limits.imagesPerBulkCall) {
        results.push(...(await api.retryFailed({ ids: ids.slice(at, at + limits.imagesPerBulkCall) })).results)
      }
      const refused = results.filter(({ status }) => status === 'failed')
      const done = results.length - refused.length
      if (done > 0) toasts.show({ text: `${counted(done, 'photo')} will be processed again` })
      if (refused.length > 0) {
        toasts.show({
          text: `${counted(refused.length, 'photo')} could not be retried`,
          details: failureLines(refused.map(({ id, error }) => ({ id, reason: error?.message ?? 'No reason given.' }))),
          isBad: true,
        })
      }
    } catch (error) {
      toasts.show({ text: `The photos could not be retried: ${reasonOf(error)}`, isBad: true })
    } finally {
      this.retrying = false
    }
  }

  #order(): readonly string[] {
    return gallery.images.map(({ image }) => image.id)
  }
}

export const browsing = new Browsing()
