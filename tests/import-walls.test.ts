import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Lints one file, at the given place of a tree that holds nothing else, and answers the linter's words. */
describe('the import walls', () => {
  let tree: string

  beforeEach(async () => {
    tree = await mkdtemp(join(tmpdir(), 'glowworm-walls-'))
    await copyFile(join(root, 'biome.json'), join(tree, 'biome.json'))
    await copyFile(join(root, '.gitignore'), join(tree, '.gitignore'))
  })
  afterEach(() => rm(tree, { recursive: true, force: true }))

  async function lint(path: string, specifier: string): Promise<string> {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    await writeFile(join(tree, path), `import { thing } from '${specifier}'\n\nexport const used = thing\n`)
    return new Promise((resolve) => {
      execFile(join(root, 'node_modules', '.bin', 'biome'), ['lint', path], { cwd: tree }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      )
    })
  }

  it.each([
    ['events/image.ts', '../functions/core/errors.ts', 'events/ is the vocabulary'],
    ['functions/core/policy.ts', '@aws-sdk/client-s3', 'core/ is pure'],
    ['functions/core/policy.ts', '../adapters/s3-originals.ts', 'core/ is pure'],
    ['functions/core/policy.ts', 'sharp', 'core/ is pure'],
    ['functions/core/policy.ts', 'node:fs', 'core/ is pure'],
    ['functions/use-cases/list-images.ts', '../adapters/dynamodb-images.ts', 'use-cases/ know core/'],
    ['functions/adapters/s3-originals.ts', '../use-cases/list-images.ts', 'adapters/ implement the ports'],
    ['functions/adapters/s3-originals.ts', 'sharp', 'adapters/ implement the ports'],
    ['functions/runtime/http.ts', '../adapters/s3-originals.ts', 'runtime/ wraps handlers'],
    ['functions/handlers/list-images.ts', '@aws-sdk/client-s3', 'handlers/ are wiring'],
    ['infra/app.ts', '../functions/core/errors.ts', 'infra/ knows events/'],
    ['functions/handlers/list-images.ts', '../../scripts/start.ts', 'handlers/ are wiring'],
    ['web/src/lib/image/crop.ts', '../../../../functions/core/errors.ts', 'web/ knows events/'],
    ['web/src/lib/image/crop.ts', '@glowworm/functions/core/errors.ts', 'web/ knows events/'],
  ])('refuse in %s the import of %s, and say why', async (path, specifier, why) => {
    expect(await lint(path, specifier)).toContain(why)
  })

  it.each([
    ['functions/core/policy.ts', '@glowworm/events/image'],
    ['functions/core/image-header/jpeg.ts', '../errors.ts'],
    ['functions/use-cases/list-images.ts', '../core/ports.ts'],
    ['functions/handlers/list-images.ts', '../use-cases/list-images.ts'],
    ['web/src/lib/image/crop.ts', '@glowworm/events/image'],
    ['web/src/lib/image/crop.ts', 'bits-ui'],
  ])('let %s import %s', async (path, specifier) => {
    expect(await lint(path, specifier)).not.toContain('noRestrictedImports')
  })
})
