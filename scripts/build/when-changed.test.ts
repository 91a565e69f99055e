import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { whenChanged } from './when-changed.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glowworm-build-'))
  await mkdir(join(root, 'src', 'node_modules'), { recursive: true })
  await put('src/a.ts', 'one')
})
afterEach(() => rm(root, { recursive: true, force: true }))

const put = (path: string, text: string) => writeFile(join(root, path), text)

function build(): Promise<boolean> {
  const stampFile = join(root, 'stamps', 'a.stamp')
  return whenChanged({ root, stampFile, sources: ['src/**'], outputs: ['out/*'] }, async () => {
    await mkdir(join(root, 'out'), { recursive: true })
    await put('out/a.js', 'built')
  })
}

describe('a build', () => {
  it('runs the first time, and not again', async () => {
    expect([await build(), await build()]).toEqual([true, false])
  })

  it.each([
    ['a source has changed', () => put('src/a.ts', 'two')],
    ['there is a new source', () => put('src/b.ts', 'one')],
    ['a source is gone', () => rm(join(root, 'src/a.ts'))],
    ['what it made is gone', () => rm(join(root, 'out'), { recursive: true })],
    ['somebody else has made it', () => put('out/a.js', 'by another')],
  ])('runs again when %s', async (_what, change) => {
    await build()
    await change()
    expect([await build(), await build()]).toEqual([true, false])
  })

  it.each([
    ['a source is only newer', () => utimes(join(root, 'src/a.ts'), new Date(), new Date())],
    ['a test has changed', () => put('src/a.test.ts', 'test')],
    ['a package has changed', () => put('src/node_modules/p.js', 'package')],
  ])('does not run again when %s', async (_what, change) => {
    await build()
    await change()
    expect(await build()).toBe(false)
  })

  it('that failed runs again', async () => {
    const failing = { root, stampFile: join(root, 'x.stamp'), sources: ['src/**'], outputs: [] }
    const fail = () => Promise.reject(new Error('syntax'))
    await expect(whenChanged(failing, fail)).rejects.toThrow('syntax')
    await expect(whenChanged(failing, fail)).rejects.toThrow('syntax')
  })
})
