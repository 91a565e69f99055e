/** Where one file stands on its way. `bytes` are those read or sent so far. */
export type UploadState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'reading'; readonly bytes: number }
  | { readonly kind: 'sending'; readonly bytes: number }
  | { readonly kind: 'checking' }
  | { readonly kind: 'added'; readonly imageId: string }
  | { readonly kind: 'duplicate'; readonly imageId: string }
  /** It can be tried again. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** It was answered, and would be answered the same again. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'canceled' }

export type UploadStep = Extract<UploadState, { kind: 'reading' | 'sending' | 'checking' }>
export type UploadOutcome = Extract<UploadState, { kind: 'added' | 'duplicate' | 'refused' }>

export interface Source {
  readonly name: string
  /** In bytes. */
  readonly size: number
}

export interface Upload<File extends Source = Source> {
  readonly id: number
  readonly file: File
  readonly state: UploadState
}

/** Brings one file to its end; tells its steps. Rejects when `signal` is aborted, and when it may go better next time. */
export type Transport<File extends Source> = (
  file: File,
  report: (step: UploadStep) => void,
  signal: AbortSignal,
) => Promise<UploadOutcome>

/**
 * Files on their way: so many at a time, the others in the order in which they came. Invariant: each upload in one of
 * the steps has exactly one running transport, and no other upload has any.
 */
export class UploadQueue<File extends Source> {
  readonly #uploads = new Map<number, Upload<File>>()
  readonly #running = new Map<number, AbortController>()
  /** Ids of those that wait for their turn, the first first. */
  readonly #waiting = new Set<number>()
  readonly #parallel: number
  readonly #transport: Transport<File>
  readonly #onChange: () => void
  #nextId = 1
  #paused = false

  constructor(options: { parallel: number; transport: Transport<File>; onChange: () => void }) {
    this.#parallel = options.parallel
    this.#transport = options.transport
    this.#onChange = options.onChange
  }

  get uploads(): readonly Upload<File>[] {
    return [...this.#uploads.values()]
  }

  get isPaused(): boolean {
    return this.#paused
  }

  add(files: readonly File[]): void {
    for (const file of files) this.#set({ id: this.#nextId++, file, state: { kind: 'waiting' } })
    this.#advance()
  }

  /**
   * Stops all bytes at once. What was read or sent in part waits for its turn again and then begins anew, as storage
   * takes whole files only. What has arrived and is being checked goes on: none of its bytes move any more.
   */
  pause(): void {
    this.#paused = true
    // What has begun takes its old place again.
    this.#waiting.clear()
    for (const upload of this.#uploads.values()) {
      if (upload.state.kind === 'waiting') this.#waiting.add(upload.id)
      if (upload.state.kind !== 'reading' && upload.state.kind !== 'sending') continue
      this.#set({ ...upload, state: { kind: 'waiting' } })
      this.#abort(upload.id)
    }
    this.#onChange()
  }

  resume(): void {
    this.#paused = false
    this.#advance()
  }

  /** Aborts the upload if it runs, and never starts it if it waits. Changes nothing that has ended. */
  cancel(id: number): void {
    this.#cancel(id)
    this.#advance()
  }

  cancelAll(): void {
    for (const id of this.#uploads.keys()) this.#cancel(id)
    this.#advance()
  }

  /** Has a file that failed or was canceled wait for its turn again. */
  retry(id: number): void {
    this.#retry(id, ['failed', 'canceled'])
    this.#advance()
  }

  retryFailed(): void {
    for (const id of this.#uploads.keys()) this.#retry(id, ['failed'])
    this.#advance()
  }

  /** Forgets what has ended. */
  clear(): void {
    for (const { id, state } of this.#uploads.values()) if (hasEnded(state)) this.#uploads.delete(id)
    this.#onChange()
  }

  #cancel(id: number): void {
    const upload = this.#uploads.get(id)
    if (upload === undefined || hasEnded(upload.state)) return
    this.#set({ ...upload, state: { kind: 'canceled' } })
    this.#abort(id)
  }

  #abort(id: number): void {
    this.#running.get(id)?.abort()
    this.#running.delete(id)
  }

  #retry(id: number, from: readonly UploadState['kind'][]): void {
    const upload = this.#uploads.get(id)
    if (upload === undefined || !from.includes(upload.state.kind)) return
    // At the end of the line: what failed once does not hold up the others.
    this.#uploads.delete(id)
    this.#set({ ...upload, state: { kind: 'waiting' } })
  }

  #advance(): void {
    for (const id of this.#waiting) {
      if (this.#paused || this.#running.size >= this.#parallel) break
      const upload = this.#uploads.get(id)
      if (upload !== undefined) void this.#run(upload)
    }
    this.#onChange()
  }

  async #run(upload: Upload<File>): Promise<void> {
    const { id, file } = upload
    const controller = new AbortController()
    this.#running.set(id, controller)
    // What a transport says after it was aborted is about an upload that has moved on without it.
    const change = (state: UploadState) => {
      if (this.#running.get(id) === controller) this.#set({ id, file, state })
    }
    change({ kind: 'reading', bytes: 0 })
    const report = (step: UploadStep) => {
      change(step)
      this.#onChange()
    }
    try {
      change(await this.#transport(file, report, controller.signal))
    } catch (error) {
      change({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
    }
    if (this.#running.get(id) === controller) this.#running.delete(id)
    this.#advance()
  }

  #set(upload: Upload<File>): void {
    this.#uploads.set(upload.id, upload)
    if (upload.state.kind === 'waiting') this.#waiting.add(upload.id)
    else this.#waiting.delete(upload.id)
  }
}

const ended: ReadonlySet<UploadState['kind']> = new Set(['added', 'duplicate', 'failed', 'refused', 'canceled'])
export const hasEnded = (state: UploadState): boolean => ended.has(state.kind)

/** Whether there is anything left to do for it, by itself or on request. */
export const isUnfinished = ({ state }: Upload): boolean => state.kind === 'failed' || !hasEnded(state)

/** How much of a file's way is behind it, in bytes of the file. Only what was sent counts. */
export function bytesDone({ file, state }: Upload): number {
  if (state.kind === 'sending') return Math.min(state.bytes, file.size)
  return state.kind === 'checking' || hasEnded(state) ? file.size : 0
}

export interface Totals {
  readonly files: number
  readonly active: number
  readonly waiting: number
  readonly added: number
  readonly duplicate: number
  /** Those that were refused among them. */
  readonly failed: number
  readonly retryable: number
  readonly canceled: number
  readonly bytes: number
  readonly bytesDone: number
}

export function totalsOf(uploads: readonly Upload[]): Totals {
  const counts: Partial<Record<UploadState['kind'], number>> = {}
  let [total, done] = [0, 0]
  for (const upload of uploads) {
    const { kind } = upload.state
    counts[kind] = (counts[kind] ?? 0) + 1
    if (kind === 'canceled') continue
    total += upload.file.size
    done += bytesDone(upload)
  }
  const count = (...kinds: UploadState['kind'][]) => kinds.reduce((sum, kind) => sum + (counts[kind] ?? 0), 0)
  return {
    files: uploads.length - count('canceled'),
    active: count('reading', 'sending', 'checking'),
    waiting: count('waiting'),
    added: count('added'),
    duplicate: count('duplicate'),
    failed: count('failed', 'refused'),
    retryable: count('failed'),
    canceled: count('canceled'),
    bytes: total,
    bytesDone: done,
  }
}
