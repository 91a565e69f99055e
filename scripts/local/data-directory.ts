import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { Refusal } from '../console/refusal.ts'

/** Another local cloud runs on the same data. */
export class DataInUse extends Refusal {
  override readonly name = 'DataInUse'
}

/** The folder holds something else: `--reset` would delete what is not ours. */
export class DataIsForeign extends Refusal {
  override readonly name = 'DataIsForeign'
}

/** There can be no data in this place. */
export class DataUnusable extends Refusal {
  override readonly name = 'DataUnusable'
}

/** What a running local cloud says of itself, to its owner only, in `local.json`. */
export interface LocalCloudFacts {
  readonly url: string
  readonly api_url: string
  readonly ws_url: string
  readonly admin_email: string
  readonly admin_password: string
  readonly pid: number
  /** For what steers the local cloud itself; another one after every start. */
  readonly steering_token: string
  readonly endpoints: Readonly<Record<'s3' | 'sqs' | 'sns' | 'dynamodb' | 'lambda', string>>
}

/** Everything that the pieces of the local cloud store; the lock is not among it, for it is held. */
const contents = ['s3', 'dynamodb', 'messaging', 'cognito', 'logs', 'admin.json', 'endpoint.json', 'local.json']

/** The folder of one local cloud, held by one process at a time. */
export class DataDirectory {
  /** Absolute. */
  readonly path: string
  readonly #lock: DatabaseSync

  private constructor(path: string, lock: DatabaseSync) {
    this.path = path
    this.#lock = lock
  }

  /**
   * Creates the folder if need be.
   * @throws DataInUse, with the process that has it if that is known; DataIsForeign for a folder with other things in
   * it; DataUnusable where no folder can be made or written
   */
  static async open(path: string): Promise<DataDirectory> {
    const absolute = resolve(path)
    makeFolder(absolute)
    if (!existsSync(join(absolute, 'lock')) && readdirSync(absolute).length > 0) {
      throw new DataIsForeign(
        `${absolute} holds other things than the data of a local cloud. Name an empty folder, or a new one, with --data.`,
      )
    }
    // The system gives a database's lock back however its holder ends, and never to a stranger with the same pid.
    const lock = openLock(absolute)
    try {
      lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    } catch (cause) {
      lock.close()
      if (!isHeld(cause)) throw unusable(absolute, cause)
      const holder = await readJson(join(absolute, 'local.json'), z.object({ pid: z.number() }))
      throw new DataInUse(
        `${absolute} is in use by ${holder ? `the local cloud of process ${holder.pid}` : 'another local cloud'}. ` +
          'Stop that one, or name another folder with --data.',
        { cause },
      )
    }
    // What an earlier process could not take back.
    await rm(join(absolute, 'local.json'), { force: true })
    return new DataDirectory(absolute, lock)
  }

  /** Deletes what local clouds have put here, and nothing else that may lie in the same folder. */
  async reset(): Promise<void> {
    await Promise.all(contents.map((entry) => rm(join(this.path, entry), { recursive: true, force: true })))
  }

  /** The one password of this folder, made when it is first asked for. */
  async adminPassword(): Promise<string> {
    const file = join(this.path, 'admin.json')
    const known = await readJson(file, z.object({ password: z.string() }))
    if (known !== null) return known.password
    // Of every kind of character that the user pool of the template demands.
    const password = `Gw7-${randomBytes(15).toString('base64url')}`
    await writePrivately(file, { password })
    return password
  }

  /**
   * A free port for the AWS endpoint: that of the last time if possible, because queue URLs and the issuer of tokens
   * contain it.
   */
  async endpointPort(): Promise<number> {
    const file = join(this.path, 'endpoint.json')
    const known = await readJson(file, z.object({ port: z.number() }))
    const port = (known && (await freePort(known.port))) ?? (await freePort(0))
    if (port === null) throw new Error('Expected a free port on 127.0.0.1; there is none.')
    await writePrivately(file, { port })
    return port
  }

  async announce(facts: LocalCloudFacts): Promise<void> {
    await writePrivately(join(this.path, 'local.json'), facts)
  }

  /** Takes the announcement back, and lets others have the folder. */
  async close(): Promise<void> {
    await rm(join(this.path, 'local.json'), { force: true })
    this.#lock.close()
  }
}

/**
 * The folder, with those above it that are missing. One by one: `mkdir -p` of Node never ends where a file system lets
 * nobody make folders, as under /proc.
 */
function makeFolder(path: string): void {
  try {
    if (!existsSync(path)) {
      makeFolder(dirname(path))
      mkdirSync(path, { mode: 0o700 })
    } else if (!statSync(path).isDirectory()) {
      throw new DataUnusable(`${path} is a file: data need a folder. Name another with --data.`)
    }
    accessSync(path, constants.W_OK)
  } catch (error) {
    throw error instanceof DataUnusable ? error : unusable(path, error)
  }
}

function openLock(folder: string): DatabaseSync {
  try {
    return new DatabaseSync(join(folder, 'lock'))
  } catch (error) {
    throw unusable(folder, error)
  }
}

function unusable(path: string, cause: unknown): DataUnusable {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new DataUnusable(`${path} cannot hold data (${reason}). Name another folder with --data.`, { cause })
}

/** SQLITE_BUSY or SQLITE_LOCKED. */
function isHeld(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (error.errcode === 5 || error.errcode === 6)
}

/** Null unless it is a file of that shape. */
async function readJson<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.output<Schema> | null> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return null
  }
}

/** For the owner's eyes only, and whole at every moment. */
async function writePrivately(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** The port, if nobody listens there; any free one for 0. */
function freePort(port: number): Promise<number | null> {
  return new Promise((settle) => {
    const probe = createServer()
    probe.once('error', () => settle(null))
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => settle(typeof address === 'object' && address !== null ? address.port : null))
    })
  })
}
