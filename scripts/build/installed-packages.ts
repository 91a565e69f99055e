import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

export interface InstalledPackage {
  readonly name: string
  readonly version: string
  readonly folder: string
  /** Whether it runs everywhere, or holds binaries for one platform. */
  readonly isPortable: boolean
}

interface Manifest {
  readonly version: string
  readonly os?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/**
 * A package and everything that it needs at run time, as Node would find it from `folder`. Optional dependencies count
 * if they are there: npm installs those of the platform only.
 * @throws Error that names a dependency which is not installed, or one that is wanted in two versions
 */
export async function packagesOf(name: string, folder: string): Promise<readonly InstalledPackage[]> {
  const found = new Map<string, InstalledPackage>()
  await collect(name, folder, found)
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function collect(name: string, from: string, found: Map<string, InstalledPackage>): Promise<void> {
  const folder = locate(name, from)
  if (!folder) throw new Error(`Expected package ${name} to be installed for ${from}. Run npm install.`)
  const manifest: Manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const earlier = found.get(name)
  if (earlier) {
    if (earlier.folder === folder) return
    throw new Error(`Expected one version of ${name}, found ${earlier.version} and ${manifest.version}. Align them.`)
  }
  found.set(name, { name, version: manifest.version, folder, isPortable: manifest.os === undefined })
  for (const dependency of Object.keys(manifest.dependencies ?? {})) await collect(dependency, folder, found)
  for (const dependency of Object.keys(manifest.optionalDependencies ?? {})) {
    if (locate(dependency, folder)) await collect(dependency, folder, found)
  }
}

/** Looks where `require` looks. It cannot be asked itself: most packages do not export their package.json. */
function locate(name: string, from: string): string | undefined {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? []
  return places.map((place) => join(place, name)).find((folder) => existsSync(join(folder, 'package.json')))
}
