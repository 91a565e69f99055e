import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiClient } from '../client/api-client.ts'
import { eventually } from '../client/eventually.ts'
import type { LocalCloudFacts } from './data-directory.ts'

const root = join(import.meta.dirname, '../..')

export interface RunningCloud {
  readonly facts: LocalCloudFacts
  readonly dataDirectory: string
  /** What it has printed. */
  output(): string
  /** Rejects if it ends although nobody has asked it to. */
  readonly died: Promise<never>
  signIn(): Promise<ApiClient>
  /** Asks it to end, as Ctrl-C does, and waits for it. Keeps the data. */
  stop(): Promise<void>
  /** Ends it without a word, as a power cut does. */
  kill(): Promise<void>
  /** Stops it and deletes its data. */
  dispose(): Promise<void>
}

export interface CloudProgram {
  /** Of a checkout; this one by default. */
  readonly checkout?: string
  /** `scripts/start.ts` by default. */
  readonly script?: string
  /** Further options of it. */
  readonly args?: readonly string[]
}

/** Starts the local cloud as `npm start` does, in a process of its own on free ports, which ends with this one. */
export async function startCloud(dataDirectory?: string, program: CloudProgram = {}): Promise<RunningCloud> {
  const { checkout = root, script = 'scripts/start.ts', args = [] } = program
  const directory = dataDirectory ?? (await mkdtemp(join(tmpdir(), 'glowworm-e2e-')))
  const child = spawn(process.execPath, [script, '--port', '0', '--data', directory, ...args], {
    cwd: checkout,
    // The channel carries nothing: that it closes tells the cloud that this program has ended.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(checkout, 'node_modules', '.cache', 'node-compile') },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  const { promise: died, reject } = Promise.withResolvers<never>()
  // Most have nothing to do then; it is printed all the same.
  died.catch(() => {})
  const endedByItself = (code: number | null, signal: NodeJS.Signals | null) => {
    const what = `The local cloud ${child.pid} ended by itself with ${code ?? signal}`
    process.stderr.write(`${what}:\n${output}\n`)
    reject(new Error(what))
  }
  // Not `exit`: its last words may still be on their way.
  child.once('close', endedByItself)
  const end = (signal: NodeJS.Signals) => {
    child.off('close', endedByItself)
    return endProcess(child, signal)
  }
  await eventually(
    'the local cloud to be ready',
    () => {
      if (child.exitCode !== null) throw new Error(`The local cloud ended with ${child.exitCode}:\n${output}`)
      return /^Ready: /m.test(output) ? true : null
    },
    120_000,
  ).catch(async (error: Error) => {
    await end('SIGKILL')
    throw new Error(`${error.message}\n${output}`)
  })
  const facts: LocalCloudFacts = JSON.parse(await readFile(join(directory, 'local.json'), 'utf8'))
  return {
    facts,
    dataDirectory: directory,
    output: () => output,
    died,
    signIn: () => ApiClient.signIn(facts.url, facts.admin_email, facts.admin_password),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async dispose() {
      await end('SIGTERM')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Twice what it takes at most to end in order. */
const patienceMs = 60_000

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill(signal)
  // One that does not end in order is a fault to be seen, but none that may hold up everything else.
  const impatience = setTimeout(() => {
    process.stderr.write(`The local cloud ${child.pid} did not stop within ${patienceMs / 1000} s; it is killed.\n`)
    child.kill('SIGKILL')
  }, patienceMs)
  await ended
  clearTimeout(impatience)
}
