import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { buildSharpLayer } from './sharp-layer.ts'

let outdir: string

beforeEach(async () => {
  outdir = await mkdtemp(join(tmpdir(), 'glowworm-layer-'))
})
afterEach(() => rm(outdir, { recursive: true }))

it('holds sharp with everything that it needs, and nothing that would change its hash', async () => {
  const layer = await buildSharpLayer({ platform: 'host', outdir })
  expect(Object.keys(layer.packages)).toEqual(expect.arrayContaining(['sharp', 'detect-libc', 'semver', '@img/colour']))
  expect(await readdir(layer.folder)).toEqual(['nodejs'])
  const modules = await readdir(join(layer.folder, 'nodejs', 'node_modules'))
  expect(modules.toSorted()).toEqual(['@img', 'detect-libc', 'semver', 'sharp'])
})

it('is made once, and again when it is gone', async () => {
  const first = await buildSharpLayer({ platform: 'host', outdir })
  const second = await buildSharpLayer({ platform: 'host', outdir })
  await rm(first.folder, { recursive: true })
  const third = await buildSharpLayer({ platform: 'host', outdir })
  expect([first.isNew, second.isNew, third.isNew]).toEqual([true, false, true])
  expect(second.packages).toEqual(first.packages)
})
