import { glob, mkdtemp, open, readdir, rm } from 'node:fs/promises'
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

it('is refused if it is too large, and not taken for current', async () => {
  for (const _ of ['first', 'again']) {
    await expect(buildSharpLayer({ platform: 'host', outdir, largest: 1000 })).rejects.toThrow(
      /^Expected a sharp layer of at most 1000 bytes, unzipped; it has \d{8}\.$/,
    )
  }
})

it('is made once, and again when it is gone', async () => {
  const first = await buildSharpLayer({ platform: 'host', outdir })
  const second = await buildSharpLayer({ platform: 'host', outdir })
  await rm(first.folder, { recursive: true })
  const third = await buildSharpLayer({ platform: 'host', outdir })
  expect([first.isNew, second.isNew, third.isNew]).toEqual([true, false, true])
  expect(second.packages).toEqual(first.packages)
})

/** The machine of an ELF file (`e_machine`, a little-endian number at byte 18) that is AArch64. */
const aarch64 = 183

async function machineOf(file: string): Promise<number> {
  const handle = await open(file)
  try {
    const { buffer } = await handle.read(Buffer.alloc(20), 0, 20, 0)
    expect(buffer.toString('latin1', 1, 4)).toBe('ELF')
    return buffer.readUInt16LE(18)
  } finally {
    await handle.close()
  }
}

it('is made for Lambda on any host: the same version, with libvips, for Linux on ARM64 and nothing else', async (test) => {
  const host = await buildSharpLayer({ platform: 'host', outdir: join(outdir, 'host') })
  const layer = await buildSharpLayer({ platform: 'lambda', outdir }).catch((error) => {
    const outOfReach = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT/.exec(String(error.cause))
    if (outOfReach === null) throw error
    return test.skip(`the npm registry is out of reach (${outOfReach})`)
  })
  expect(layer.packages.sharp).toBe(host.packages.sharp)
  const native: string[] = []
  for await (const path of glob('**/*.{node,so,so.*,dylib,dll}', { cwd: layer.folder })) native.push(path)
  expect(native.map((path) => path.replaceAll(/\.\d[\d.]*|-\d[\d.]*/g, '')).toSorted()).toEqual([
    'nodejs/node_modules/@img/sharp-libvips-linux-arm64/lib/libvips-cpp.so',
    expect.stringMatching(/^nodejs\/node_modules\/@img\/sharp-linux-arm64\/lib\/sharp-linux-arm64.*node$/),
  ])
  expect(await Promise.all(native.map((path) => machineOf(join(layer.folder, path))))).toEqual([aarch64, aarch64])
})
