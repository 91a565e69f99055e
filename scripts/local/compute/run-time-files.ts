import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { ownGroup } from './process-group.ts'

/**
 * The programs that run in other processes, built to plain JavaScript once: having Node strip the types in every
 * environment would double a cold start and add a third to its memory.
 */
export interface RunTimeFiles {
  /** The module for `fork`, and its argument. */
  readonly executionEnvironment: string
  readonly compileCache: string
  /** Kills this environment should the compute die without a word. */
  guard(pid: number): void
  unguard(pid: number): void
  /** Kills what is still guarded and removes the files. */
  remove(): Promise<void>
}

/** @param compileCache where what V8 makes of the functions' code outlives the compute; null if it does not */
export async function prepareRunTimeFiles(nodePath: string, compileCache: string | null): Promise<RunTimeFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'glowworm-compute-'))
  // Not `build`, whose helper process would stay for as long as the compute.
  buildSync({
    entryPoints: ['execution-environment.ts', 'reaper.ts'].map((file) => join(import.meta.dirname, file)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'silent',
  })
  const reaper = startReaper(join(folder, 'reaper.mjs'), folder, nodePath)
  const tell = (pid: number) => {
    if (reaper.connected) reaper.send(pid)
  }
  return {
    executionEnvironment: join(folder, 'execution-environment.mjs'),
    compileCache: compileCache ?? join(folder, 'compile-cache'),
    guard: (pid) => tell(pid),
    unguard: (pid) => tell(-pid),
    async remove() {
      if (reaper.exitCode !== null || reaper.signalCode !== null) return
      const exited = once(reaper, 'exit')
      reaper.ref()
      reaper.disconnect()
      await exited
    },
  }
}

/** In a session of its own: the Ctrl-C that stops the compute must not stop the reaper first. */
function startReaper(module: string, folder: string, nodePath: string): ChildProcess {
  const reaper = fork(module, [folder], {
    execPath: nodePath,
    execArgv: ['--max-old-space-size=16'],
    env: {},
    detached: ownGroup,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  // It waits for the end of this process, which must not wait for it.
  reaper.unref()
  reaper.channel?.unref()
  return reaper
}
