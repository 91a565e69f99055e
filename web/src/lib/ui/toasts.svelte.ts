import { type Holder, Stays } from './stays.ts'

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
  readonly #stays = new Stays()
  #nextId = 1

  /** Returns what takes it away as if it had never been. */
  show(options: ToastOptions): () => void {
    const toast = { ...options, id: this.#nextId++ }
    this.shown = [...this.shown, toast]
    this.#stays.begin(toast.id, options.milliseconds ?? usualStay, () => this.dismiss(toast))
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

  /** Nothing goes until it is released. */
  hold({ id }: Toast, by: Holder): void {
    this.#stays.hold(id, by)
  }

  release({ id }: Toast, by: Holder): void {
    this.#stays.release(id, by)
  }

  #remove(id: number): boolean {
    const before = this.shown.length
    this.#stays.forget(id)
    this.shown = this.shown.filter((toast) => toast.id !== id)
    return this.shown.length < before
  }
}

export const toasts = new Toasts()
