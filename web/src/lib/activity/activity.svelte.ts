import type { ProcessingStatsResponse, RedriveResponse } from '@glowworm/events/http-api'
import { api } from '#lib/api/api.ts'
import { reasonOf, Unreachable } from '#lib/api/errors.ts'
import type { ImageState } from '#lib/live/image-states.ts'
import { server } from '#lib/live/reach.svelte.ts'
import { JobList } from './job-list.svelte.ts'
import { type Circumstances, pauseFor } from './pace.ts'
import { Polling } from './polling.ts'
import { type RetriedAll, retryAll } from './retry-all.ts'

/** What the activity page shows: images by live events, counts and rates by asking now and then. */
export class Activity {
  stats = $state.raw<ProcessingStatsResponse | null>(null)
  /** When the statistics were taken. */
  asOf = $state.raw<Date | null>(null)
  /** Why the last look at the statistics failed. */
  problem = $state<string | null>(null)
  readonly processing = new JobList('processing', 'uploaded_at')
  readonly pending = new JobList('pending', 'uploaded_at')
  readonly failed = new JobList('failed', '-uploaded_at')
  readonly #polling = new Polling(() => this.#look(), {
    now: () => performance.now(),
    after(ms, then) {
      const timer = setTimeout(then, ms)
      return () => clearTimeout(timer)
    },
  })

  /** What workers have, the oldest attempt first; then what waits for another try, the next one first. */
  readonly current: readonly ImageState[] = $derived.by(() => {
    const retrying = this.pending.states.filter(({ image }) => image.next_retry_at !== null)
    return [
      ...this.processing.states.toSorted(by(({ image }) => image.last_processing_attempt ?? '')),
      ...retrying.toSorted(by(({ image }) => image.next_retry_at ?? '')),
    ]
  })

  /** The latest failure first. */
  readonly failures: readonly ImageState[] = $derived(
    this.failed.states.toSorted(by(({ image }) => image.updated_at)).toReversed(),
  )

  readonly busy: boolean = $derived.by(() => {
    if (this.processing.states.length > 0 || this.pending.states.length > 0) return true
    if (this.stats === null) return false
    const { images, queues } = this.stats
    const queued = Object.values(queues).some(({ waiting, in_flight }) => waiting + in_flight > 0)
    return queued || images.pending + images.processing > 0
  })

  /** Follows the statistics as closely as the circumstances ask for. */
  follow(circumstances: Circumstances): void {
    this.#polling.setPause(pauseFor(circumstances))
  }

  stop(): void {
    this.#polling.setPause(null)
  }

  look(): Promise<void> {
    return this.#polling.askNow()
  }

  async loadLists(): Promise<void> {
    await Promise.all([this.processing.load(), this.pending.load(), this.failed.load()])
  }

  /** @throws Refused, Unreachable */
  async retryAll(onProgress: (done: number, total: number) => void): Promise<RetriedAll> {
    try {
      return await retryAll(() => api.retryFailed({}), onProgress)
    } finally {
      void this.look()
    }
  }

  /** @throws Refused, Unreachable */
  async redrive(): Promise<RedriveResponse> {
    try {
      return await api.redrive()
    } finally {
      void this.look()
    }
  }

  async #look(): Promise<void> {
    try {
      this.stats = await api.processingStats()
      this.asOf = new Date()
      this.problem = null
    } catch (error) {
      this.problem = reasonOf(error)
      // Finds out whether it is worth asking further, and when it is again.
      if (error instanceof Unreachable) void server.answers()
    }
  }
}

const by = (key: (state: ImageState) => string) => (a: ImageState, b: ImageState) => {
  const [left, right] = [key(a), key(b)]
  return left < right ? -1 : left > right ? 1 : 0
}
