import { createHash } from 'node:crypto'
import { glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface Build {
  /** What the patterns are relative to. */
  readonly root: string
  /** Remembers what the last build was made from, and what it made. */
  readonly stampFile: string
  /** Glob patterns; tests and packages never count. */
  readonly sources: readonly string[]
  readonly outputs: readonly string[]
}

/**
 * Runs `build` unless it ran before on the same sources and what it made is still there unchanged. Contents count, not
 * times: a fresh checkout of the same commit is current, and so is a file that was changed and changed back.
 * @param build is given a digest of the sources
 * @returns whether it ran
 */
export async function whenChanged(
  { root, stampFile, sources, outputs }: Build,
  build: (sources: string) => Promise<unknown>,
): Promise<boolean> {
  const sourcesNow = await digest(root, sources)
  const known = await readFile(stampFile, 'utf8').catch(() => null)
  if (known === `${sourcesNow} ${await digest(root, outputs)}`) return false
  await rm(stampFile, { force: true })
  await build(sourcesNow)
  await mkdir(dirname(stampFile), { recursive: true })
  await writeFile(stampFile, `${sourcesNow} ${await digest(root, outputs)}`)
  return true
}

async function digest(root: string, patterns: readonly string[]): Promise<string> {
  const files: string[] = []
  const exclude = ['**/node_modules', '**/*.test.ts']
  for await (const entry of glob(patterns, { cwd: root, exclude, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
  }
  const hash = createHash('sha256')
  for (const file of files.sort()) {
    const bytes = await readFile(file)
    hash.update(`${file.slice(root.length)}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}
