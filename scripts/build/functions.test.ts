import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { buildFunctions } from './functions.ts'
import { buildSharpLayer } from './sharp-layer.ts'

let workspace: string

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'glowworm-build-'))
  await mkdir(join(workspace, 'handlers'))
})
afterEach(() => rm(workspace, { recursive: true }))

const handlers = () => join(workspace, 'handlers')
const write = (file: string, source: string) => writeFile(join(handlers(), file), source)
const build = (outdir = 'out') => buildFunctions({ handlers: handlers(), outdir: join(workspace, outdir) })

/** What the handler answers in a process of its own, started far from any node_modules. */
async function answerOf(name: string, env: Record<string, string> = {}): Promise<unknown> {
  const run = `const { handler } = await import(process.argv[1]); console.log(JSON.stringify(await handler()))`
  const file = join(workspace, 'out', name, 'index.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', run, file], {
    cwd: workspace,
    env: { PATH: process.env.PATH, ...env },
  })
  return JSON.parse(stdout)
}

it('makes one folder per handler, and none of its tests', async () => {
  await write('say-hello.ts', `export const handler = async (): Promise<string> => 'hello'`)
  await write('say-hello.test.ts', `throw new Error('not to be built')`)
  await write('say-bye.ts', `export const handler = async (): Promise<string> => 'bye'`)

  const built = await build()

  expect(built.map(({ name }) => name)).toEqual(['say-bye', 'say-hello'])
  expect((await readdir(join(workspace, 'out', 'say-hello'))).sort()).toEqual(['index.mjs', 'index.mjs.map'])
  expect(built[1]?.bytes).toBe((await readFile(join(workspace, 'out', 'say-hello', 'index.mjs'))).length)
  expect(await answerOf('say-hello')).toBe('hello')
})

it('gives the same bytes for the same sources', async () => {
  await write('say-hello.ts', `export const handler = async () => 'hello'`)
  await build('first')
  await build('other')
  for (const file of ['index.mjs', 'index.mjs.map']) {
    const [first, other] = await Promise.all(
      ['first', 'other'].map((outdir) => readFile(join(workspace, outdir, 'say-hello', file), 'utf8')),
    )
    expect(first).toBe(other)
  }
})

it('removes what an earlier build made of a handler that is gone', async () => {
  await write('say-hello.ts', `export const handler = async () => 'hello'`)
  await write('say-bye.ts', `export const handler = async () => 'bye'`)
  await build()
  await rm(join(handlers(), 'say-bye.ts'))
  await build()
  expect(existsSync(join(workspace, 'out', 'say-bye'))).toBe(false)
  expect(existsSync(join(workspace, 'out', 'say-hello', 'index.mjs'))).toBe(true)
})

it('bundles CommonJS that requires modules of Node', async () => {
  await write('separator.cjs', `module.exports = require('path').posix.sep`)
  await write('say-path.ts', `import sep from './separator.cjs'\nexport const handler = async () => sep`)
  await build()
  expect(await answerOf('say-path')).toBe('/')
})

it('says which handler cannot be bundled, and why', async () => {
  await write('broken.ts', `import { missing } from './nowhere.ts'\nexport const handler = () => missing`)
  await expect(build()).rejects.toThrow(/broken\.ts.*nowhere\.ts/s)
})

it('refuses a bundle that is too large, and says what it consists of', async () => {
  await write('say-much.ts', `export const handler = async () => '${'much '.repeat(1000)}'`)
  await write('say-hello.ts', `export const handler = async () => 'hello'`)
  const built = buildFunctions({ handlers: handlers(), outdir: join(workspace, 'out'), largest: 5000 })
  await expect(built).rejects.toThrow(
    /^Expected bundles of at most 5000 bytes:\nsay-much: \d+, of which our own code 5\d{3}$/,
  )
})

it('refuses a module that waits while it loads', async () => {
  await write('slow-start.ts', `export const when = await Promise.resolve(1)\nexport const handler = async () => when`)
  await expect(build()).rejects.toThrow(/slow-start\.ts.*await/s)
})

it('leaves sharp to the layer, and finds it there as Lambda does', async () => {
  await write(
    'make-pixel.ts',
    `import { createRequire } from 'node:module'
     const sharp = createRequire(import.meta.url)('sharp')
     const create = { width: 2, height: 1, channels: 3, background: 'red' } as const
     export const handler = async () => (await sharp({ create }).jpeg().toBuffer({ resolveWithObject: true })).info.width`,
  )
  const [built] = await build()
  const layer = await buildSharpLayer({ platform: 'host', outdir: join(workspace, 'layers') })

  expect(built?.bytes).toBeLessThan(10_000)
  expect(await answerOf('make-pixel', { NODE_PATH: join(layer.folder, 'nodejs', 'node_modules') })).toBe(2)
  await expect(answerOf('make-pixel')).rejects.toThrow(/Cannot find module 'sharp'/)
})
