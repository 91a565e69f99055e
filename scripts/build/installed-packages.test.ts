import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { packagesOf } from './installed-packages.ts'

let project: string

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'glowworm-packages-'))
})
afterEach(() => rm(project, { recursive: true }))

async function install(path: string, manifest: object): Promise<string> {
  const folder = join(project, 'node_modules', path)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ version: '1.0.0', ...manifest }))
  return folder
}

it('finds what a package needs where Node would find it, hoisted or not', async () => {
  await install('picture', { dependencies: { colour: '^2.0.0' } })
  const nested = await install('picture/node_modules/colour', { version: '2.0.0', dependencies: { '@img/names': '*' } })
  await install('colour', { version: '1.0.0' })
  await install('@img/names', {})

  const packages = await packagesOf('picture', project)

  expect(packages.map(({ name, version }) => `${name}@${version}`)).toEqual([
    '@img/names@1.0.0',
    'colour@2.0.0',
    'picture@1.0.0',
  ])
  expect(packages[1]?.folder).toBe(nested)
})

it('takes the optional dependencies that are there, and tells those for one platform', async () => {
  await install('picture', { optionalDependencies: { 'picture-linux': '1.0.0', 'picture-windows': '1.0.0' } })
  await install('picture-linux', { os: ['linux'] })

  const packages = await packagesOf('picture', project)

  expect(packages.map(({ name, isPortable }) => [name, isPortable])).toEqual([
    ['picture', true],
    ['picture-linux', false],
  ])
})

it('ends for packages that need each other', async () => {
  await install('left', { dependencies: { right: '*' } })
  await install('right', { dependencies: { left: '*' } })
  expect(await packagesOf('left', project)).toHaveLength(2)
})

it('names the package that is not installed', async () => {
  await install('picture', { dependencies: { colour: '*' } })
  await expect(packagesOf('picture', project)).rejects.toThrow('Expected package colour to be installed')
})

it('refuses two versions of one package, which a flat layer could not hold', async () => {
  await install('picture', { dependencies: { colour: '*', shape: '*' } })
  await install('colour', { version: '1.0.0' })
  await install('shape', { dependencies: { colour: '*' } })
  await install('shape/node_modules/colour', { version: '2.0.0' })
  await expect(packagesOf('picture', project)).rejects.toThrow('one version of colour, found 1.0.0 and 2.0.0')
})
