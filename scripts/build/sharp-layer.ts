/**
 * Makes the Lambda layer with sharp: `build/layers/sharp/nodejs/node_modules/…`. For this machine it copies what npm
 * installed; for Lambda it fetches the same versions for Linux on ARM64.
 *
 * `node scripts/build/sharp-layer.ts [host|lambda]`
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { type InstalledPackage, packagesOf } from './installed-packages.ts'

const root = join(import.meta.dirname, '..', '..')

const layerPlatform = z.enum(['host', 'lambda'])

export interface SharpLayerOptions {
  readonly platform: z.infer<typeof layerPlatform>
  /** Folder of all layers. */
  readonly outdir?: string
  /** In bytes, unzipped. */
  readonly largest?: number
}

/** Unzipped. All of it is on disk before a function starts; with the function, AWS takes 250 MB. */
export const largestLayer = 30_000_000

export interface SharpLayer {
  readonly folder: string
  /** Version by package. */
  readonly packages: Readonly<Record<string, string>>
  /** False if what stood there was current. */
  readonly isNew: boolean
}

const stamp = z.object({ source: z.string(), packages: z.record(z.string(), z.string()) })

/** @throws Error where the packages cannot be had, or are too large */
export async function buildSharpLayer(options: SharpLayerOptions): Promise<SharpLayer> {
  const { platform, outdir = join(root, 'build', 'layers'), largest = largestLayer } = options
  const folder = join(outdir, 'sharp')
  // Beside the layer, not in it: what is in it decides its asset hash.
  const stampFile = join(outdir, 'sharp.json')
  const installed = await packagesOf('sharp', join(root, 'functions'))
  const source = JSON.stringify([platform, process.platform, process.arch, versionsOf(installed)])

  const current = existsSync(stampFile) && existsSync(folder) ? stamp.parse(await readJson(stampFile)) : null
  if (current?.source === source) return { folder, packages: current.packages, isNew: false }

  await rm(stampFile, { force: true })
  await rm(folder, { recursive: true, force: true })
  const modules = join(folder, 'nodejs', 'node_modules')
  const packages = platform === 'host' ? await copy(installed, modules) : await fetchForLambda(installed, modules)
  const bytes = await layerBytes(outdir)
  if (bytes > largest) throw new Error(`Expected a sharp layer of at most ${largest} bytes, unzipped; it has ${bytes}.`)
  await writeFile(stampFile, `${JSON.stringify({ source, packages }, null, 2)}\n`)
  return { folder, packages, isNew: true }
}

/** Of the layer that was built there, unzipped. */
export async function layerBytes(outdir = join(root, 'build', 'layers')): Promise<number> {
  const entries = await readdir(join(outdir, 'sharp'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const stats = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))))
  return stats.reduce((sum, { size }) => sum + size, 0)
}

async function copy(packages: readonly InstalledPackage[], modules: string): Promise<Record<string, string>> {
  for (const { name, folder } of packages) await cp(folder, join(modules, name), { recursive: true })
  return versionsOf(packages)
}

async function fetchForLambda(
  installed: readonly InstalledPackage[],
  modules: string,
): Promise<Record<string, string>> {
  const temporary = await mkdtemp(join(tmpdir(), 'glowworm-sharp-'))
  try {
    // The binaries follow: sharp names their exact versions.
    const dependencies = versionsOf(installed.filter((each) => each.isPortable))
    await writeFile(join(temporary, 'package.json'), JSON.stringify({ private: true, dependencies }))
    await promisify(execFile)(
      'npm',
      [
        'install',
        `--prefix=${temporary}`,
        '--os=linux',
        '--cpu=arm64',
        '--libc=glibc',
        '--ignore-scripts',
        '--no-package-lock',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
      ],
      { cwd: temporary, shell: process.platform === 'win32' },
    )
    return await copy(await packagesOf('sharp', temporary), modules)
  } catch (error) {
    throw new Error('The sharp layer for Lambda could not be made. It needs the npm registry.', { cause: error })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

function versionsOf(packages: readonly InstalledPackage[]): Record<string, string> {
  return Object.fromEntries(packages.map(({ name, version }) => [name, version]))
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'))
}

if (import.meta.main) {
  const platform = layerPlatform.parse(process.argv[2] ?? 'host')
  const { packages, isNew } = await buildSharpLayer({ platform })
  console.table(Object.fromEntries(Object.entries(packages).map(([name, version]) => [name, { version }])))
  console.log(isNew ? `The sharp layer is made for ${platform}.` : `The sharp layer for ${platform} is current.`)
}
