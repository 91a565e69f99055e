import type { BulkResult } from '@glowworm/events/http-api'
import { reasonOf } from '#lib/api/errors.ts'

export interface DeletionFailure {
  readonly id: string
  readonly reason: string
}

export interface DeletionPorts {
  /** `keepAlive`: it reaches the server even if the page is gone before the answer. */
  bulkDelete(ids: readonly string[], keepAlive: boolean): Promise<readonly BulkResult[]>
  /** Offers to take a deletion back. Exactly one of the two is called, once, unless the offer is withdrawn. */
  offerUndo(count: number, answers: { undo: () => void; go: () => void }): { withdraw: () => void }
  onFailed(failures: readonly DeletionFailure[]): void
  /** What is hidden has changed. */
  onChange(): void
}

interface Offer {
  readonly ids: readonly string[]
  readonly withdraw: () => void
}

/**
 * Deletions that can be taken back for a while. An image is hidden from the moment when its deletion was asked for until
 * it is undone, done, or has failed; the server hears of it only when the offer to undo has run out.
 */
export class DeletionQueue {
  hidden: ReadonlySet<string> = new Set()
  readonly #ports: DeletionPorts
  readonly #perCall: number
  readonly #lastWords: number
  readonly #offers = new Set<Offer>()
  /** Asked for in earnest, not sent yet. */
  #due: string[] = []
  #sending = false
  /** In calls that have no answer yet. */
  #unanswered = 0

  /** @param limits.lastWords how many images calls that outlive the page can be about, all together */
  constructor(ports: DeletionPorts, limits: { readonly perCall: number; readonly lastWords: number }) {
    this.#ports = ports
    this.#perCall = limits.perCall
    this.#lastWords = limits.lastWords
  }

  /** How many the server has not been told of. */
  get untold(): number {
    return this.#due.length + [...this.#offers].reduce((sum, { ids }) => sum + ids.length, 0)
  }

  /** Whether a page that leaves now could not tell the server everything. */
  get isTooMuchToLeave(): boolean {
    return this.untold + this.#unanswered > this.#lastWords
  }

  delete(wanted: readonly string[]): void {
    const ids = [...new Set(wanted)].filter((id) => !this.hidden.has(id))
    if (ids.length === 0) return
    this.#hide([...this.hidden, ...ids])
    const undo = () => {
      if (this.#offers.delete(offer)) this.#show(ids)
    }
    const go = () => {
      if (!this.#offers.delete(offer)) return
      this.#due.push(...ids)
      void this.#send()
    }
    const { withdraw } = this.#ports.offerUndo(ids.length, { undo, go })
    const offer: Offer = { ids, withdraw }
    this.#offers.add(offer)
  }

  /** Takes back the latest deletion that still can be; false if there is none. */
  undoLast(): boolean {
    const last = [...this.#offers].at(-1)
    if (last === undefined) return false
    last.withdraw()
    this.#offers.delete(last)
    this.#show(last.ids)
    return true
  }

  /** Takes back everything that can be: another person is here, who did not ask for it. */
  close(): void {
    while (this.undoLast()) {}
    this.#show(this.#due.splice(0))
  }

  /** Tells the server of everything at once: the page, or the person, is about to leave. */
  async flush(): Promise<void> {
    for (const { ids, withdraw } of this.#offers) {
      withdraw()
      this.#due.push(...ids)
    }
    this.#offers.clear()
    const calls: Promise<void>[] = []
    while (this.#due.length > 0) calls.push(this.#sendSome())
    await Promise.all(calls)
  }

  /** One call after the other: each is work for the server that all others wait beside. */
  async #send(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    while (this.#due.length > 0) await this.#sendSome()
    this.#sending = false
  }

  async #sendSome(): Promise<void> {
    const ids = this.#due.splice(0, this.#perCall)
    this.#unanswered += ids.length
    // What does not fit is sent all the same: somebody who signs out does not leave the page.
    const keepAlive = this.#unanswered <= this.#lastWords
    const failures = await this.#ports
      .bulkDelete(ids, keepAlive)
      .then(failuresAmong, (error: unknown) => ids.map((id) => ({ id, reason: reasonOf(error) })))
    this.#unanswered -= ids.length
    this.#show(ids)
    if (failures.length > 0) this.#ports.onFailed(failures)
  }

  #show(ids: readonly string[]): void {
    const shown = new Set(ids)
    this.#hide([...this.hidden].filter((id) => !shown.has(id)))
  }

  #hide(ids: readonly string[]): void {
    this.hidden = new Set(ids)
    this.#ports.onChange()
  }
}

/** One that is gone already is as good as deleted. */
const failuresAmong = (results: readonly BulkResult[]): readonly DeletionFailure[] =>
  results
    .filter(({ status, error }) => status === 'failed' && error?.code !== 'not_found')
    .map(({ id, error }) => ({ id, reason: error?.message ?? 'The server gave no reason.' }))
