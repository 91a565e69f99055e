import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from '../client/eventually.ts'

const root = join(import.meta.dirname, '..', '..')

/** MiniStack (MIT) and what it needs to sign the tokens of a user pool. */
const requirements = ['ministack==1.5.33', 'cryptography==50.0.2']
/** The oldest Python that it runs on. */
const oldestPython = [3, 10] as const

/** Why MiniStack cannot run on this machine; null if it can. */
export async function ministackMissing(): Promise<string | null> {
  const [major, minor] = oldestPython
  const check = `import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (${major}, ${minor}) else 3)`
  try {
    await promisify(execFile)('python3', ['-c', check])
    return null
  } catch {
    return `MiniStack needs python3, ${major}.${minor} or newer, with venv and pip`
  }
}

/** MiniStack could not be installed, because there is no way to PyPI. */
export class NotInstalled extends Error {
  override readonly name = 'NotInstalled'
}

/**
 * A virtual environment with MiniStack in the cache of this checkout, made when it is first asked for.
 * @returns its python
 * @throws NotInstalled; Error where PyPI can be reached, and the installation fails all the same
 */
async function installed(): Promise<string> {
  const name = requirements.join('-').replaceAll('==', '-')
  const folder = join(root, 'node_modules', '.cache', name)
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const done = join(folder, 'installed')
  if (existsSync(done)) return python
  await rm(folder, { recursive: true, force: true })
  await promisify(execFile)('python3', ['-m', 'venv', folder])
  try {
    await promisify(execFile)(python, ['-m', 'pip', 'install', '--quiet', ...requirements], { timeout: 300_000 })
  } catch (cause) {
    if (!(await reachesPyPi(python, folder))) throw new NotInstalled('PyPI cannot be reached', { cause })
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
    throw new Error(`MiniStack cannot be installed from PyPI:\n${said || 'no answer'}`, { cause })
  }
  await (await open(done, 'w')).close()
  return python
}

/** By what is always there and runs everywhere: pip's words for an index that is away are those for a missing version. */
async function reachesPyPi(python: string, folder: string): Promise<boolean> {
  const download = ['download', '--no-deps', '--no-cache-dir', '--retries', '1', '--timeout', '15']
  try {
    await promisify(execFile)(python, ['-m', 'pip', ...download, '--dest', join(folder, 'probe'), 'pip'], {
      timeout: 60_000,
    })
    return true
  } catch {
    return false
  }
}

export interface Ministack {
  readonly endpoint: string
  /** Once it has ended: whether `stop` was asked to. */
  readonly ended: Promise<boolean>
  /** What it has written. */
  log(): Promise<string>
  /** Ends it with the functions that it runs, and deletes what it has stored. */
  stop(): Promise<void>
}

/**
 * Starts it on a free port of the loopback. Functions run on the Node of this process, which is that of Lambda.
 * @throws NotInstalled
 */
export async function startMinistack(): Promise<Ministack> {
  const python = await installed()
  const data = await mkdtemp(join(tmpdir(), 'glowworm-ministack-'))
  const port = await freePort()
  const logFile = join(data, 'ministack.log')
  const output = await open(logFile, 'a')
  const child = spawn(python, ['-m', 'ministack'], {
    cwd: data,
    // A group of its own: its functions are processes, and end with it.
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
    env: {
      HOME: data,
      TMPDIR: data,
      PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      S3_DATA_DIR: join(data, 's3'),
      STATE_DIR: join(data, 'state'),
      LOG_LEVEL: 'WARNING',
    },
  })
  let isAsked = false
  const ended = once(child, 'exit').then(() => isAsked)
  await output.close()
  const endpoint = `http://127.0.0.1:${port}`
  const log = () => readFile(logFile, 'utf8')
  const stop = async () => {
    isAsked = true
    await endGroup(child)
    await rm(data, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await eventually(
      'MiniStack to answer',
      async () => {
        if (child.exitCode !== null) throw new Error(`MiniStack ended with ${child.exitCode}.`)
        return (await fetch(`${endpoint}/_ministack/health`).catch(() => null))?.ok ? true : null
      },
      60_000,
    )
  } catch (error) {
    const said = await log()
    await stop()
    throw new Error(`MiniStack did not start:\n${said}`, { cause: error })
  }
  return { endpoint, ended, log, stop }
}

async function endGroup({ pid, exitCode, signalCode }: ChildProcess): Promise<void> {
  if (pid === undefined) return
  if (exitCode === null && signalCode === null) signal(pid, 'SIGTERM')
  const isGone = () => (signal(pid, 0) ? null : true)
  await eventually('MiniStack and its functions to end', isGone, 10_000).catch(() => signal(pid, 'SIGKILL'))
}

/** @returns whether there is anybody left in the group */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, name)
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
