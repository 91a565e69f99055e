import PQueue from 'p-queue'

/** Work on one picture: a few pieces at once, the most urgent first. After a failure nothing more begins. */
export class WorkQueue {
  readonly #queue: PQueue
  readonly #stop = new AbortController()

  constructor(concurrency: number) {
    this.#queue = new PQueue({ concurrency })
  }

  run<T>(work: () => Promise<T>, urgency: number): Promise<T> {
    const unlessStopped = async () => {
      this.throwIfStopped()
      try {
        return await work()
      } catch (error) {
        this.#stop.abort(error)
        throw error
      }
    }
    return this.#queue.add(unlessStopped, { priority: urgency })
  }

  /** Work that is under way already counts as one piece until it has ended. */
  occupy(work: Promise<unknown>): void {
    void this.#queue.add(() => work, { priority: Number.POSITIVE_INFINITY })
  }

  /** @throws what failed first */
  throwIfStopped(): void {
    this.#stop.signal.throwIfAborted()
  }

  /**
   * Waits until every result is there or has failed, so that nothing is left running.
   *
   * @throws whatever failed first, as it was thrown
   */
  async finish(results: readonly Promise<unknown>[]): Promise<void> {
    await Promise.all(results.map((result) => result.catch((error: unknown) => this.#stop.abort(error))))
    this.throwIfStopped()
  }
}
