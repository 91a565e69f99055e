import { createRequire } from 'node:module'
import { ServiceError } from '../service-error.ts'

/**
 * Dynalite without its HTTP server: the engine is called directly, so that it needs no port of its own, its internal
 * errors reach the caller instead of ending the process, and its files close cleanly. The parts used here are those
 * that its own server is made of; the version is pinned.
 */
const require = createRequire(import.meta.url)

type Callback<T> = (error: unknown, value: T) => void

export interface TableDescription {
  readonly TableName: string
  readonly TableStatus: string
  readonly KeySchema: readonly KeySchemaElement[]
  readonly AttributeDefinitions: readonly { readonly AttributeName: string; readonly AttributeType: string }[]
  readonly GlobalSecondaryIndexes?: readonly IndexDescription[]
  readonly [attribute: string]: unknown
}

interface KeySchemaElement {
  readonly AttributeName: string
  readonly KeyType: string
}

interface IndexDescription {
  readonly IndexName: string
  readonly KeySchema: readonly KeySchemaElement[]
  readonly Projection: { readonly ProjectionType: string; readonly NonKeyAttributes?: readonly string[] }
  readonly [attribute: string]: unknown
}

export type Item = Readonly<Record<string, unknown>>

interface Store {
  readonly db: { open(): Promise<void> }
  readonly tableDb: {
    get(name: string, callback: Callback<TableDescription | undefined>): void
    put(name: string, table: TableDescription, callback: Callback<void>): void
  }
  readonly lifecycleManager: { gracefulClose(): Promise<void> }
  getItemDb(tableName: string): { createValueStream(options: object): AsyncIterable<Item> }
  deleteIndexDb(type: 'global', tableName: string, indexName: string, callback: Callback<void>): void
}

interface Engine {
  create(options: { path: string; createTableMs: number; deleteTableMs: number; updateTableMs: number }): Store
  updateIndexes(store: Store, table: TableDescription, old: null, item: Item, callback: Callback<void>): void
}

interface Validations {
  checkTypes(input: object, types: object): object
  checkValidations(input: object, types: object, custom: unknown, store: Store): void
}

type Action = (store: Store, input: object, callback: Callback<unknown>) => void

const engine: Engine = require('dynalite/db')
const validations: Validations = require('dynalite/validations')

const operations = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
] as const
type DynaliteOperation = (typeof operations)[number]

interface Implementation {
  readonly action: Action
  readonly types: Readonly<Record<string, unknown>>
  readonly custom: unknown
}

const implementations: ReadonlyMap<string, Implementation> = new Map(
  operations.map((operation) => {
    const file = `${operation.slice(0, 1).toLowerCase()}${operation.slice(1)}`
    const { types, custom } = require(`dynalite/validations/${file}`)
    return [operation, { action: require(`dynalite/actions/${file}`), types, custom }]
  }),
)

export class Dynalite {
  readonly #store: Store

  private constructor(store: Store) {
    this.#store = store
  }

  /** @throws Error if another process has the directory open */
  static async open(directory: string): Promise<Dynalite> {
    const store = engine.create({ path: directory, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
    try {
      await store.db.open()
    } catch (cause) {
      const message = `The tables in ${directory} cannot be opened. Is another local cloud running on the same data?`
      throw new Error(message, { cause })
    }
    return new Dynalite(store)
  }

  supports(operation: string): operation is DynaliteOperation {
    return implementations.has(operation)
  }

  /** @throws ServiceError as DynamoDB would, and for parameters that Dynalite would ignore */
  async call(operation: DynaliteOperation, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { action, types, custom } = implementations.get(operation) as Implementation
    for (const name of Object.keys(input)) {
      if (types[name] !== undefined || input[name] === null || input[name] === 'NONE') continue
      throw new ServiceError(501, 'NotImplemented', `The local cloud does not implement ${name} of ${operation}.`)
    }
    try {
      const checked = validations.checkTypes(input, types)
      validations.checkValidations(checked, types, custom, this.#store)
      return await promised<Record<string, unknown>>((done) => action(this.#store, checked, done as Callback<unknown>))
    } catch (thrown) {
      throw asServiceError(thrown)
    }
  }

  /** Null if there is no such table. */
  async findTable(name: string): Promise<TableDescription | null> {
    return (await promised<TableDescription | undefined>((done) => this.#store.tableDb.get(name, done))) ?? null
  }

  async saveTable(table: TableDescription): Promise<void> {
    await promised<void>((done) => this.#store.tableDb.put(table.TableName, table, done))
  }

  async clearIndex(tableName: string, indexName: string): Promise<void> {
    await promised<void>((done) => this.#store.deleteIndexDb('global', tableName, indexName, done))
  }

  /** Writes what all items of the table contribute to its indexes. */
  async fillIndexes(table: TableDescription): Promise<void> {
    for await (const item of this.#store.getItemDb(table.TableName).createValueStream({})) {
      await promised<void>((done) => engine.updateIndexes(this.#store, table, null, item, done))
    }
  }

  async close(): Promise<void> {
    await this.#store.lifecycleManager.gracefulClose()
  }
}

function promised<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)))
  })
}

/** Dynalite's refusals have a status and a body as they would go over the wire. */
function asServiceError(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !('statusCode' in thrown) || !('body' in thrown)) return thrown
  const body = thrown.body as { readonly __type: string; readonly message?: string; readonly Message?: string }
  const code = body.__type.split('#').at(-1) ?? body.__type
  return new ServiceError(Number(thrown.statusCode), code, body.message ?? body.Message ?? code, { cause: thrown })
}
