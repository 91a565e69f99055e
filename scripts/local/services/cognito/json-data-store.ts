import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from 'cognito-local/lib/services/context.js'
import type { DataStore } from 'cognito-local/lib/services/dataStore/dataStore.js'
import type { DataStoreFactory } from 'cognito-local/lib/services/dataStore/factory.js'

type Branch = Record<string, unknown>

/** Where cognito-local keeps its data: one JSON file each for the clients and for every pool. */
export class JsonDataStoreFactory implements DataStoreFactory {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  async create(_ctx: Context, id: string, defaults: object): Promise<DataStore> {
    await mkdir(this.#directory, { recursive: true })
    return await JsonDataStore.open(join(this.#directory, `${id}.json`), defaults)
  }
}

/**
 * Unlike the store that cognito-local brings along, a write replaces the file as a whole: a kill leaves the old
 * content or the new one, never half a file.
 */
class JsonDataStore implements DataStore {
  readonly #path: string
  readonly #root: Branch
  #lastWrite: Promise<void> = Promise.resolve()

  private constructor(path: string, root: Branch) {
    this.#path = path
    this.#root = root
  }

  static async open(path: string, defaults: object): Promise<DataStore> {
    const stored = await readFile(path, 'utf8').catch((error) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    const store = new JsonDataStore(path, stored === null ? structuredClone(defaults) : JSON.parse(stored, reviveDate))
    if (stored === null) await store.#save()
    return store
  }

  async get<T>(_ctx: Context, key: string | string[], defaultValue: T | null = null): Promise<T> {
    const value = [key].flat().reduce<unknown>(child, this.#root)
    return (value ?? defaultValue) as T
  }

  async getRoot<T>(): Promise<T | null> {
    return this.#root as T
  }

  async set<T>(_ctx: Context, key: string | string[], value: T): Promise<void> {
    const [branch, leaf] = this.#locate(key)
    branch[leaf] = value
    await this.#save()
  }

  async delete(_ctx: Context, key: string | string[]): Promise<void> {
    const [branch, leaf] = this.#locate(key)
    delete branch[leaf]
    await this.#save()
  }

  #locate(key: string | string[]): [branch: Branch, leaf: string] {
    const path = [key].flat()
    const leaf = path.at(-1) ?? ''
    let branch = this.#root
    for (const name of path.slice(0, -1)) {
      branch[name] ??= Object.create(null)
      branch = branch[name] as Branch
    }
    return [branch, leaf]
  }

  /** One after the other, each with the state at its turn. */
  #save(): Promise<void> {
    this.#lastWrite = this.#lastWrite.catch(() => {}).then(() => this.#write())
    return this.#lastWrite
  }

  async #write(): Promise<void> {
    const temporary = `${this.#path}.new`
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(JSON.stringify(this.#root, null, 2))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, this.#path)
  }
}

/** Own properties only: no user is called `__proto__`. */
function child(parent: unknown, name: string): unknown {
  const isBranch = typeof parent === 'object' && parent !== null && Object.hasOwn(parent, name)
  return isBranch ? (parent as Branch)[name] : undefined
}

function reviveDate(name: string, value: unknown): unknown {
  return name.endsWith('Date') && typeof value === 'string' ? new Date(value) : value
}
