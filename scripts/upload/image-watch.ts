import type { Image } from '@glowworm/events/image'
import type { UpdateEvent } from '@glowworm/events/update-events'

/** How a watch ended: with the image, or with the end of all waiting. */
export type WatchEnd = Watched | 'given up'

export interface Watched {
  readonly image: Image
  /** Milliseconds from the start of the watch; null for what did not happen. */
  readonly msToThumbnails: number | null
  readonly msToComplete: number | null
}

interface Watch {
  readonly since: number
  msToThumbnails: number | null
  revision: number
  readonly settle: (end: WatchEnd) => void
}

const isFinal = (image: Image): boolean =>
  image.processing_status === 'complete' || (image.processing_status === 'failed' && image.next_retry_at === null)

/** Waits for images to be complete or failed for good, told by live messages, answers and polls, in any order. */
export class ImageWatch {
  readonly #watches = new Map<string, Watch>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Ids that are still waited for. */
  get waiting(): readonly string[] {
    return [...this.#watches.keys()]
  }

  /** Begin before the work can begin, so that no message comes too early. */
  watch(imageId: string): Promise<WatchEnd> {
    return new Promise((settle) => {
      this.#watches.set(imageId, { since: this.#now(), msToThumbnails: null, revision: 0, settle })
    })
  }

  forget(imageId: string): void {
    this.#watches.delete(imageId)
  }

  /** Ends every watch that is still waiting. */
  giveUp(): void {
    const waiting = [...this.#watches.values()]
    this.#watches.clear()
    for (const { settle } of waiting) settle('given up')
  }

  hear(event: UpdateEvent): void {
    if ('image' in event.data) this.see(event.data.image)
  }

  /** Takes a state of the image, however it was learnt; an older one than is known changes nothing. */
  see(image: Image): void {
    const watch = this.#watches.get(image.id)
    if (watch === undefined || image.revision < watch.revision) return
    watch.revision = image.revision
    const elapsed = this.#now() - watch.since
    if (image.thumbnail_status === 'complete') watch.msToThumbnails ??= elapsed
    if (!isFinal(image)) return
    this.#watches.delete(image.id)
    watch.settle({
      image,
      msToThumbnails: watch.msToThumbnails,
      msToComplete: image.processing_status === 'complete' ? elapsed : null,
    })
  }
}
