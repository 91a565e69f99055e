import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** What a writer says about an object, and readers get back. */
export interface ObjectAttributes {
  readonly contentType: string
  /** Further headers to be stored, by lower-case name: `cache-control`, `content-disposition` … */
  readonly headers: Readonly<Record<string, string>>
  /** `x-amz-meta-*` without the prefix. */
  readonly metadata: Readonly<Record<string, string>>
  /** As verified on arrival, base64; null if the writer sent none. */
  readonly checksum: { readonly algorithm: string; readonly value: string } | null
}

export interface ObjectInfo extends ObjectAttributes {
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Lower-case hex MD5 of the bytes, without quotes. */
  readonly etag: string
  /** In whole seconds, as HTTP knows it. */
  readonly lastModified: Date
}

/** First and last byte, both inclusive. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface ListQuery {
  readonly prefix: string
  /** Empty for none. */
  readonly delimiter: string
  /** Only what sorts after these bytes; a `next` of an earlier listing or a key. */
  readonly after: Uint8Array
  /** Of keys and common prefixes together. */
  readonly limit: number
}

export interface Listing {
  readonly objects: readonly ObjectInfo[]
  readonly commonPrefixes: readonly string[]
  /** Where the next listing begins; null at the end. */
  readonly next: Uint8Array | null
}

/** Decides, within the commit, whether the object may replace what is there; throws if not. */
export type WriteCondition = (existing: ObjectInfo | null) => void

/** Awaited before bytes are read, and before written ones count: a slow disk. */
export type BeforeDisk = (access: 'read' | 'write') => Promise<void>

const schema = `
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL,
    key BLOB NOT NULL,
    file TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    last_modified INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS unreferenced (file TEXT PRIMARY KEY) WITHOUT ROWID;
`

/** Sorts after every continuation of the same bytes: no UTF-8 text has it. */
const afterAnyText = Buffer.from([0xff])

/**
 * Objects on disk: bytes in files of their own, everything about them in one SQLite index.
 *
 * Invariant: every file is either the file of one object or listed as unreferenced. A file is listed before its first
 * byte is written, and the commit that gives it to an object takes it off the list and puts the replaced file on. So
 * whenever the process dies, a key has its old object, its new one or none, and the next start removes the rest.
 */
export class ObjectStore {
  readonly #directory: string
  readonly #buckets: ReadonlySet<string>
  readonly #index: DatabaseSync
  readonly #beforeDisk: BeforeDisk
  readonly #statements: ReturnType<typeof prepare>

  private constructor(directory: string, buckets: ReadonlySet<string>, index: DatabaseSync, beforeDisk: BeforeDisk) {
    this.#directory = directory
    this.#buckets = buckets
    this.#index = index
    this.#beforeDisk = beforeDisk
    this.#statements = prepare(index)
  }

  /** Opens or creates the store, and removes what a kill has left behind. */
  static open(directory: string, buckets: readonly string[], beforeDisk: BeforeDisk = async () => {}): ObjectStore {
    mkdirSync(join(directory, 'files'), { recursive: true })
    const index = new DatabaseSync(join(directory, 'objects.db'))
    // With WAL, NORMAL loses nothing when the process is killed; only a power cut may take the last moments.
    index.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    index.exec(schema)
    const store = new ObjectStore(directory, new Set(buckets), index, beforeDisk)
    store.#sweep()
    return store
  }

  get buckets(): readonly string[] {
    return [...this.#buckets]
  }

  /** Null if there is no such object. */
  stat(bucket: string, key: string): ObjectInfo | null {
    const row = this.#statements.find.get(bucket, Buffer.from(key))
    return row === undefined ? null : objectInfo(row)
  }

  /** The object's bytes, or a range of them; null if there is no such object. The caller must consume or destroy them. */
  async read(
    bucket: string,
    key: string,
    rangeOf: (info: ObjectInfo) => ByteRange | null = () => null,
  ): Promise<{ readonly info: ObjectInfo; readonly range: ByteRange | null; readonly body: Readable } | null> {
    for (;;) {
      const row = this.#statements.find.get(bucket, Buffer.from(key))
      if (row === undefined) return null
      const info = objectInfo(row)
      const range = rangeOf(info)
      await this.#beforeDisk('read')
      try {
        const file = await open(this.#path(String(row.file)))
        if (info.size > 0) return { info, range, body: createReadStream('', { fd: file, ...range }) }
        await file.close()
        return { info, range, body: Readable.from([]) }
      } catch (error) {
        // Replaced between the look-up and the opening: look again.
        if (!isMissingFile(error) || this.#statements.find.get(bucket, Buffer.from(key))?.file === row.file) throw error
      }
    }
  }

  /** Stores the bytes once they have all arrived; if they fail to, or `condition` throws, nothing changes. */
  async write(
    bucket: string,
    key: string,
    bytes: Readable,
    attributes: () => ObjectAttributes,
    condition: WriteCondition = () => {},
  ): Promise<ObjectInfo> {
    const file = randomUUID()
    this.#statements.unreference.run(file)
    let stored: ObjectInfo
    let replaced: string | null
    try {
      const { size, etag } = await this.#receive(file, bytes)
      await this.#beforeDisk('write')
      const info = { ...attributes(), key, size, etag, lastModified: new Date(Math.floor(Date.now() / 1000) * 1000) }
      replaced = this.#commit(bucket, info, file, condition)
      stored = info
    } catch (error) {
      await this.#discard(file)
      throw error
    }
    if (replaced !== null) await this.#discard(replaced)
    return stored
  }

  /** Deleting what does not exist is no error. */
  async delete(bucket: string, key: string): Promise<void> {
    const file = this.#transaction(() => {
      const row = this.#statements.remove.get(bucket, Buffer.from(key))
      if (row === undefined) return null
      this.#statements.unreference.run(String(row.file))
      return String(row.file)
    })
    if (file !== null) await this.#discard(file)
  }

  /** In the order of the keys' UTF-8 bytes. */
  list(bucket: string, query: ListQuery): Listing {
    const prefix = Buffer.from(query.prefix)
    const end = Buffer.concat([prefix, afterAnyText])
    const objects: ObjectInfo[] = []
    const commonPrefixes: string[] = []
    let after: Uint8Array = Buffer.compare(query.after, prefix) < 0 ? prefix : query.after
    // The prefix itself may be a key; only a listing that begins at it includes it.
    let inclusive = after === prefix
    for (;;) {
      const statement = inclusive ? this.#statements.listFrom : this.#statements.listAfter
      inclusive = false
      let skips = false
      for (const row of statement.iterate(bucket, after, end)) {
        if (objects.length + commonPrefixes.length === query.limit) return { objects, commonPrefixes, next: after }
        const info = objectInfo(row)
        const common = commonPrefix(info.key, query)
        if (common === null) {
          objects.push(info)
          after = Buffer.from(info.key)
        } else {
          // On with what comes after everything that begins so.
          commonPrefixes.push(common)
          after = Buffer.concat([Buffer.from(common), afterAnyText])
          skips = true
          break
        }
      }
      if (!skips) return { objects, commonPrefixes, next: null }
    }
  }

  close(): void {
    this.#index.close()
  }

  async #receive(file: string, bytes: Readable): Promise<{ readonly size: number; readonly etag: string }> {
    const path = this.#path(file)
    mkdirSync(dirname(path), { recursive: true })
    const md5 = createHash('md5')
    let size = 0
    await pipeline(
      bytes,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          md5.update(chunk)
          size += chunk.length
          yield chunk
        }
      },
      createWriteStream(path, { flags: 'wx', flush: true }),
    )
    return { size, etag: md5.digest('hex') }
  }

  /** The name of the replaced file, if any. */
  #commit(bucket: string, info: ObjectInfo, file: string, condition: WriteCondition): string | null {
    const { key, size, etag, lastModified, ...attributes } = info
    return this.#transaction(() => {
      const row = this.#statements.find.get(bucket, Buffer.from(key))
      condition(row === undefined ? null : objectInfo(row))
      const seconds = lastModified.getTime() / 1000
      this.#statements.put.run(bucket, Buffer.from(key), file, size, etag, seconds, JSON.stringify(attributes))
      this.#statements.reference.run(file)
      if (row === undefined) return null
      this.#statements.unreference.run(String(row.file))
      return String(row.file)
    })
  }

  async #discard(file: string): Promise<void> {
    await rm(this.#path(file), { force: true })
    this.#statements.reference.run(file)
  }

  #sweep(): void {
    for (const { file } of this.#statements.unreferenced.all()) {
      rmSync(this.#path(String(file)), { force: true })
      this.#statements.reference.run(String(file))
    }
  }

  #transaction<T>(work: () => T): T {
    this.#index.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#index.exec('COMMIT')
      return result
    } catch (error) {
      this.#index.exec('ROLLBACK')
      throw error
    }
  }

  /** Files have names of their own, so no key can reach outside the store, and any key is possible. */
  #path(file: string): string {
    return join(this.#directory, 'files', file.slice(0, 2), file)
  }
}

function prepare(index: DatabaseSync) {
  return {
    find: index.prepare('SELECT * FROM objects WHERE bucket = ? AND key = ?'),
    put: index.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)'),
    remove: index.prepare('DELETE FROM objects WHERE bucket = ? AND key = ? RETURNING file'),
    unreference: index.prepare('INSERT OR IGNORE INTO unreferenced VALUES (?)'),
    reference: index.prepare('DELETE FROM unreferenced WHERE file = ?'),
    unreferenced: index.prepare('SELECT file FROM unreferenced'),
    listFrom: index.prepare('SELECT * FROM objects WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key'),
    listAfter: index.prepare('SELECT * FROM objects WHERE bucket = ? AND key > ? AND key < ? ORDER BY key'),
  }
}

function objectInfo(row: Record<string, SQLOutputValue>): ObjectInfo {
  return {
    ...(JSON.parse(String(row.attributes)) as ObjectAttributes),
    key: Buffer.from(row.key as Uint8Array).toString(),
    size: Number(row.size),
    etag: String(row.etag),
    lastModified: new Date(Number(row.last_modified) * 1000),
  }
}

function commonPrefix(key: string, { prefix, delimiter }: ListQuery): string | null {
  if (delimiter === '') return null
  const at = key.indexOf(delimiter, prefix.length)
  return at === -1 ? null : key.slice(0, at + delimiter.length)
}

function isMissingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
