/** `offline`: this device has no network. `no server`: it has one, and nothing answers. */
export type Reach = 'reachable' | 'offline' | 'no server'

export interface ReachabilityOptions {
  /** Asks the server for a sign of life; rejects or answers false without one. */
  readonly probe: () => Promise<boolean>
  /** Whether the device has a network, as far as it knows. */
  readonly hasNetwork: () => boolean
  /** Ends after so many milliseconds, or earlier when `signal` is aborted. Never rejects. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
  /** 0 to 1. */
  readonly random: () => number
  readonly onChange: (reach: Reach) => void
}

const firstPauseMs = 1_000
const longestPauseMs = 15_000

/** Whether the server can be reached. Nobody asks it as long as nobody doubts it. */
export class Reachability {
  readonly #options: ReachabilityOptions
  #reach: Reach = 'reachable'
  #watch: Promise<void> | null = null
  #probe: Promise<boolean> | null = null
  #wake = new AbortController()

  constructor(options: ReachabilityOptions) {
    this.#options = options
  }

  get reach(): Reach {
    return this.#reach
  }

  /** The device has got a network, lost it, or been woken up: what was known may be true no more. */
  reconsider(): void {
    if (!this.#options.hasNetwork()) this.#become('offline')
    if (this.#reach === 'reachable') return
    this.#lookAgain()
    this.#startWatch()
  }

  /** Finds out whether the server answers, after a request that got no answer. */
  async answers(): Promise<boolean> {
    if (this.#options.hasNetwork() && (await this.#ask())) {
      this.#lookAgain()
      return true
    }
    this.#become(this.#away)
    this.#startWatch()
    return false
  }

  /** Ends as soon as the server is known to answer; at once unless it is known not to. Rejects with the reason of `signal`. */
  async whenReachable(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#watch === null) return
    const aborted = Promise.withResolvers<never>()
    const abort = () => aborted.reject(signal.reason)
    signal.addEventListener('abort', abort)
    try {
      await Promise.race([this.#watch, aborted.promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Ends the pause of the watch, if there is one. */
  #lookAgain(): void {
    this.#wake.abort()
    this.#wake = new AbortController()
  }

  get #away(): Reach {
    return this.#options.hasNetwork() ? 'no server' : 'offline'
  }

  #startWatch(): void {
    this.#watch ??= this.#watchUntilReachable().finally(() => {
      this.#watch = null
    })
  }

  async #watchUntilReachable(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      if (this.#options.hasNetwork() && (await this.#ask())) break
      this.#become(this.#away)
      const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt)
      const { signal } = this.#wake
      await this.#options.pause(longest * (0.5 + this.#options.random() / 2), signal)
      if (signal.aborted) attempt = -1
    }
    this.#become('reachable')
  }

  /** One question serves all that ask. */
  #ask(): Promise<boolean> {
    this.#probe ??= this.#options
      .probe()
      .catch(() => false)
      .finally(() => {
        this.#probe = null
      })
    return this.#probe
  }

  #become(reach: Reach): void {
    if (reach === this.#reach) return
    this.#reach = reach
    this.#options.onChange(reach)
  }
}
