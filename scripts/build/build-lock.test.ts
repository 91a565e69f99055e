import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { withBuildLock } from './build-lock.ts'

async function lockFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'glowworm-lock-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'build', 'lock')
}

/** Another process that has the lock, and keeps it. */
async function holder(file: string) {
  const module = JSON.stringify(join(import.meta.dirname, 'build-lock.ts'))
  const source = `const { withBuildLock } = await import(${module})
    await withBuildLock(${JSON.stringify(file)}, async () => { console.log('mine'); await new Promise((end) => setTimeout(end, 60_000)) })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

it('waits for a build of another process, and goes on when that has ended, even by force', async () => {
  const file = await lockFile()
  const other = await holder(file)
  const events: string[] = []
  const waiting = Promise.withResolvers<void>()
  const build = withBuildLock(
    file,
    async () => {
      events.push('built')
      return 7
    },
    () => waiting.resolve(),
  )
  await waiting.promise
  events.push('other ends')
  other.kill('SIGKILL')
  expect(await build).toBe(7)
  expect(events).toEqual(['other ends', 'built'])
})

it('gives the lock back when a build fails', async () => {
  const file = await lockFile()
  const fail = () => Promise.reject(new Error('syntax'))
  await expect(withBuildLock(file, fail)).rejects.toThrow('syntax')
  expect(await withBuildLock(file, async () => 'next')).toBe('next')
})
