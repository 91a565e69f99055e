/** What keeps a message where it is. */
export type Holder = 'pointer' | 'focus'

interface Clock {
  /** In milliseconds, as of `since`. */
  left: number
  since: number
  timer: ReturnType<typeof setTimeout> | undefined
  readonly end: () => void
}

/** How long each of several messages stays. While any of them is held, by a pointer or the focus, all clocks stand still. */
export class Stays {
  readonly #clocks = new Map<number, Clock>()
  readonly #holders = new Set<string>()

  begin(id: number, milliseconds: number, end: () => void): void {
    const clock: Clock = { left: milliseconds, since: performance.now(), timer: undefined, end }
    this.#clocks.set(id, clock)
    if (this.#holders.size === 0) this.#run(clock)
  }

  hold(id: number, by: Holder): void {
    const isFirst = this.#holders.size === 0
    this.#holders.add(`${id} ${by}`)
    if (!isFirst) return
    for (const clock of this.#clocks.values()) {
      clearTimeout(clock.timer)
      clock.left -= performance.now() - clock.since
    }
  }

  release(id: number, ...by: readonly Holder[]): void {
    const isHeld = this.#holders.size > 0
    for (const holder of by) this.#holders.delete(`${id} ${holder}`)
    if (isHeld && this.#holders.size === 0) for (const clock of this.#clocks.values()) this.#run(clock)
  }

  /** Nothing tells that a pointer has left what is not there any more. */
  forget(id: number): void {
    clearTimeout(this.#clocks.get(id)?.timer)
    this.#clocks.delete(id)
    this.release(id, 'pointer', 'focus')
  }

  #run(clock: Clock): void {
    clock.since = performance.now()
    clock.timer = setTimeout(clock.end, clock.left)
  }
}
