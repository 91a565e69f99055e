/** Where calls wait whose session has run out for good, until somebody has signed in. */
export class SessionExpiry {
  #waiting: PromiseWithResolvers<boolean> | null = null
  /** Called when the first call comes to wait. */
  onExpired: () => void = () => {}

  /**
   * Resolves true once the same person has signed in again, and false when nobody will.
   * @throws the reason of `signal`
   */
  async signedInAgain(signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted()
    const aborted = Promise.withResolvers<never>()
    const abort = () => aborted.reject(signal?.reason)
    signal?.addEventListener('abort', abort)
    if (this.#waiting === null) {
      this.#waiting = Promise.withResolvers()
      this.onExpired()
    }
    try {
      return await Promise.race([this.#waiting.promise, aborted.promise])
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** @param same whether the person whose session it was has signed in again */
  settle(same: boolean): void {
    this.#waiting?.resolve(same)
    this.#waiting = null
  }
}
