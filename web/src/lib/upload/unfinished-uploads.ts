import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { LocalFile } from './transport.ts'

/** An upload as it outlives its page. */
export interface StoredUpload {
  readonly key: string
  /** The page that it belongs to. Invariant: whoever has the batch's lock, and nobody else, may take it up. */
  readonly batch: string
  /** Whose upload it is. */
  readonly user: string
  readonly name: string
  /** In bytes. */
  readonly size: number
  /** Milliseconds since 1970, of the file on the device. */
  readonly modified: number
  /** Null where there was no room for them: the file has to be chosen again. */
  readonly bytes: File | null
}

interface Schema extends DBSchema {
  uploads: { key: string; value: StoredUpload; indexes: { by_batch: string } }
}

/** Most that one page keeps of its files, in bytes; never more than half of what the browser has room for. */
const mostBytes = 500_000_000

const lockOf = (batch: string) => `glowworm-uploads-${batch}`

/**
 * What this browser has not uploaded yet, kept across reloads. Each page keeps its own; what belongs to pages that are
 * gone is handed to one page that is there.
 */
export class UnfinishedUploads {
  readonly #user: string
  readonly #batch = crypto.randomUUID()
  readonly #database: Promise<IDBPDatabase<Schema>>
  readonly #locks = new AbortController()
  /** Names of the locks that this page has, or had until it closed. */
  readonly #held = new Set<string>()
  readonly #kept = new Map<string, { readonly bytes: number }>()
  #room = 0
  /** One change of the database after the other. */
  #writing: Promise<void>

  readonly #onFound: (uploads: readonly StoredUpload[]) => void
  readonly #onTrouble: () => void

  /**
   * @param options.onFound is given what other pages left behind, as soon as they are gone
   * @param options.onTrouble is called if this browser keeps nothing from now on
   */
  constructor(user: string, options: { onFound: (uploads: readonly StoredUpload[]) => void; onTrouble: () => void }) {
    this.#user = user
    this.#onFound = options.onFound
    this.#onTrouble = options.onTrouble
    this.#database = openDB<Schema>('glowworm-uploads', 1, {
      upgrade: (database) => database.createObjectStore('uploads', { keyPath: 'key' }).createIndex('by_batch', 'batch'),
    })
    this.#writing = this.#begin()
    this.#writing.catch(this.#onTrouble)
  }

  /** Keeps these, and nothing else of this page's. */
  keep(files: readonly LocalFile[]): void {
    const wanted = new Set(files.map(({ key }) => key))
    const added = files.filter(({ key }) => !this.#kept.has(key))
    const removed = [...this.#kept.keys()].filter((key) => !wanted.has(key))
    for (const key of removed) this.#drop(key)
    if (removed.length > 0) this.discard(removed)
    for (const file of added) this.#add(file)
  }

  discard(keys: readonly string[]): void {
    this.#write(async (database) => {
      const { store, done } = database.transaction('uploads', 'readwrite')
      await Promise.all([...keys.map((key) => store.delete(key)), done])
    })
  }

  /** Lets others take up what is left. */
  close(): void {
    this.#locks.abort()
    void this.#writing.then(async () => (await this.#database).close()).catch(() => undefined)
  }

  /**
   * Forgets everything that this browser has kept, whosever it is, and closes. What other pages hold they forget
   * themselves: a page that was asleep hears late that its session has ended, when others may be in the next one.
   */
  forget(): void {
    // Whatever could not be written before: what is there has to go.
    this.#writing = this.#writing.catch(() => undefined)
    this.#write(async (database) => {
      const { held = [] } = await navigator.locks.query()
      const others = new Set(held.map(({ name = '' }) => name).filter((name) => !this.#held.has(name)))
      const { store, done } = database.transaction('uploads', 'readwrite')
      const gone: Promise<void>[] = []
      for (let at = await store.index('by_batch').openKeyCursor(); at !== null; at = await at.continue()) {
        if (!others.has(lockOf(at.key))) gone.push(store.delete(at.primaryKey))
      }
      await Promise.all([...gone, done])
    })
    this.close()
  }

  async #begin(): Promise<void> {
    const database = await this.#database
    await this.#hold(this.#batch)
    const { quota = 0, usage = 0 } = await navigator.storage.estimate()
    this.#room = Math.min(mostBytes, (quota - usage) / 2)
    const stored = await database.getAll('uploads')
    const foreign = stored.filter(({ user }) => user !== this.#user)
    await Promise.all(foreign.map(({ key }) => database.delete('uploads', key)))
    const batches = new Set(stored.filter(({ user }) => user === this.#user).map(({ batch }) => batch))
    for (const batch of batches) this.#inherit(batch).catch(this.#onTrouble)
  }

  async #inherit(batch: string): Promise<void> {
    await this.#hold(batch)
    // What that page finished before it went is not there any more.
    const left = await (await this.#database).getAllFromIndex('uploads', 'by_batch', batch)
    if (left.length > 0 && !this.#locks.signal.aborted) this.#onFound(left)
  }

  /** Resolves once this page has the batch's lock, which it keeps to its end. */
  #hold(batch: string): Promise<void> {
    const { signal } = this.#locks
    const held = Promise.withResolvers<void>()
    const release = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    navigator.locks
      .request(lockOf(batch), { signal }, () => {
        this.#held.add(lockOf(batch))
        held.resolve()
        return release
      })
      .catch((error: unknown) => {
        // Closed before its turn came: nobody waits any more.
        if (!signal.aborted) held.reject(error)
      })
    return held.promise
  }

  #add({ key, name, size, bytes }: LocalFile): void {
    this.#kept.set(key, { bytes: 0 })
    const stored = { key, batch: this.#batch, user: this.#user, name, size, modified: bytes.lastModified }
    this.#write(async (database) => {
      // It ended while others were written.
      if (!this.#kept.has(key)) return
      // The browser may have less room than it says, and the file may be gone.
      const fits = size <= this.#room && (await succeeds(database.put('uploads', { ...stored, bytes })))
      if (!fits) await database.put('uploads', { ...stored, bytes: null })
      if (!fits || !this.#kept.has(key)) return
      this.#kept.set(key, { bytes: size })
      this.#room -= size
    })
  }

  #drop(key: string): void {
    this.#room += this.#kept.get(key)?.bytes ?? 0
    this.#kept.delete(key)
  }

  #write(change: (database: IDBPDatabase<Schema>) => Promise<void>): void {
    this.#writing = this.#writing.then(async () => change(await this.#database))
    this.#writing.catch(this.#onTrouble)
  }
}

const succeeds = (attempt: Promise<unknown>): Promise<boolean> =>
  attempt.then(
    () => true,
    () => false,
  )
