export interface ToastOptions {
  readonly text: string
  /** One line each, below the text. */
  readonly details?: readonly string[]
  readonly isBad?: boolean
  readonly action?: { readonly label: string; readonly run: () => void }
  /** How long it stays while nobody looks at it closely. */
  readonly milliseconds?: number
  /** Called when it has gone without its action; not when it was withdrawn. */
  readonly onEnd?: () => void
}

export interface Toast extends ToastOptions {
  readonly id: number
}

/** Long enough to read, and to reach what it offers. */
const usualStay = 8_000

/** Words that come up over the page and go by themselves; not while a pointer or the focus is on them. */
class Toasts {
  shown = $state.raw<readonly Toast[]>([])
  readonly #clocks = new Map<number, { left: number; since: number; timer: ReturnType<typeof setTimeout> }>()
  #held = false
  #nextId = 1

  /** Returns what takes it away as if it had never been. */
  show(options: ToastOptions): () => void {
    const toast = { ...options, id: this.#nextId++ }
    this.shown = [...this.shown, toast]
    this.#run(toast.id, options.milliseconds ?? usualStay)
    return () => this.#remove(toast.id)
  }

  act({ id, action }: Toast): void {
    if (this.#remove(id)) action?.run()
  }

  /** Ends it before its time. */
  dismiss({ id, onEnd }: Toast): void {
    if (this.#remove(id)) onEnd?.()
  }

  /** Takes all of them away as if they had never been. */
  clear(): void {
    for (const { id } of this.shown) this.#remove(id)
  }

  /** Stops all clocks until `release`. */
  hold(): void {
    if (this.#held) return
    this.#held = true
    for (const clock of this.#clocks.values()) {
      clearTimeout(clock.timer)
      clock.left -= performance.now() - clock.since
    }
  }

  release(): void {
    if (!this.#held) return
    this.#held = false
    for (const [id, { left }] of this.#clocks) this.#run(id, left)
  }

  #run(id: number, left: number): void {
    const end = () => {
      const toast = this.shown.find((shown) => shown.id === id)
      if (toast !== undefined) this.dismiss(toast)
    }
    const timer = setTimeout(end, left)
    this.#clocks.set(id, { left, since: performance.now(), timer })
    if (this.#held) clearTimeout(timer)
  }

  #remove(id: number): boolean {
    const before = this.shown.length
    clearTimeout(this.#clocks.get(id)?.timer)
    this.#clocks.delete(id)
    this.shown = this.shown.filter((toast) => toast.id !== id)
    if (this.shown.length === 0) this.#held = false
    return this.shown.length < before
  }
}

export const toasts = new Toasts()
