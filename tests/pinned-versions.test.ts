import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = async (path: string) => JSON.parse(await readFile(join(root, path), 'utf8'))

it.each(['.', 'events', 'functions', 'infra', 'web'])('%s names every package in one exact version', async (folder) => {
  const { dependencies = {}, devDependencies = {} } = await read(join(folder, 'package.json'))
  for (const [name, version] of Object.entries<string>({ ...dependencies, ...devDependencies })) {
    if (name.startsWith('@glowworm/')) continue
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  }
})

it('only four packages have a script that runs when they are installed, each approved by name', async () => {
  const { allowScripts } = await read('package.json')
  expect(allowScripts).toEqual({ 'aws-sdk': true, 'classic-level': true, esbuild: true, node: true })
  const { packages } = await read('package-lock.json')
  const withScript = Object.entries<{ hasInstallScript?: boolean }>(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
  expect([...new Set(withScript)].toSorted()).toEqual(Object.keys(allowScripts).toSorted())
})

it('the lock file knows each package by its digest', async () => {
  const { packages } = await read('package-lock.json')
  // A package inside another one comes in its archive, under its digest.
  const strangers = Object.entries<{ link?: boolean; inBundle?: boolean; integrity?: string }>(packages)
    .filter(([path]) => path.startsWith('node_modules/') || path.includes('/node_modules/'))
    .filter(([, { link, inBundle, integrity }]) => !link && !inBundle && integrity === undefined)
  expect(strangers.map(([path]) => path)).toEqual([])
})
