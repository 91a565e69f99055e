export interface Clock {
  /** In milliseconds. */
  now(): number
  /** Calls back after `ms`, unless what it answers is called first. */
  after(ms: number, then: () => void): () => void
}

/**
 * Asks again and again, at a pace that may change at any time. One question at a time; the pause is counted from the
 * end of the last one, so that a slow server is asked less.
 */
export class Polling {
  readonly #ask: () => Promise<void>
  readonly #clock: Clock
  #pause: number | null = null
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | null = null
  #isStale = false
  #cancel = () => {}

  /** @param ask never rejects: what went wrong is its own to tell */
  constructor(ask: () => Promise<void>, clock: Clock) {
    this.#ask = ask
    this.#clock = clock
  }

  /**
   * Asks every `ms`, from now on; null is never. What is overdue by that is asked at once. Slowed down, the next question
   * still comes at the old pace: what was the reason to slow down is worth a look.
   */
  setPause(ms: number | null): void {
    if (ms === this.#pause) return
    const soonest = this.#pause === null || ms === null ? ms : Math.min(this.#pause, ms)
    this.#pause = ms
    this.#schedule(soonest)
  }

  /** Asks at once, whatever the pace: something was done. An answer that is on its way may not know of it yet. */
  askNow(): Promise<void> {
    if (this.#asking !== null) {
      this.#isStale = true
      return this.#asking
    }
    this.#cancel()
    this.#asking = this.#askUntilFresh()
    return this.#asking
  }

  async #askUntilFresh(): Promise<void> {
    do {
      this.#isStale = false
      await this.#ask()
    } while (this.#isStale)
    this.#asking = null
    this.#askedAt = this.#clock.now()
    this.#schedule(this.#pause)
  }

  #schedule(pause: number | null): void {
    this.#cancel()
    if (pause === null || this.#asking !== null) return
    const wait = Math.max(0, this.#askedAt + pause - this.#clock.now())
    this.#cancel = this.#clock.after(wait, () => void this.askNow())
  }
}
