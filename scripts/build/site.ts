/**
 * Builds the site to `web/build`, unless what stands there was made from the same sources.
 *
 * `node scripts/build/site.ts`
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { glob, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const web = join(root, 'web')
const stampFile = join(root, 'build', 'site.sha256')
const sources = ['web/src/**', 'web/static/**', 'web/*.{ts,json}', 'events/*.ts', 'package-lock.json']

export interface Site {
  readonly folder: string
  /** False if what stood there was current. */
  readonly isNew: boolean
}

/** @throws Error with what the build printed. */
export async function buildSite(): Promise<Site> {
  const folder = join(web, 'build')
  const fingerprint = await fingerprintOf(sources)
  const current = existsSync(join(folder, 'index.html')) && existsSync(stampFile) && (await readFile(stampFile, 'utf8'))
  if (current === fingerprint) return { folder, isNew: false }
  await runVite()
  await writeFile(stampFile, fingerprint)
  return { folder, isNew: true }
}

async function fingerprintOf(patterns: readonly string[]): Promise<string> {
  const files: string[] = []
  for await (const entry of glob(patterns, { cwd: root, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
  }
  const hash = createHash('sha256')
  for (const file of files.sort()) hash.update(file.slice(root.length)).update(await readFile(file))
  return hash.digest('hex')
}

function runVite(): Promise<void> {
  return new Promise((resolve, reject) => {
    const vite = spawn('vite', ['build', '--logLevel', 'warn'], {
      cwd: web,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` },
    })
    let output = ''
    for (const stream of [vite.stdout, vite.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    vite.on('error', reject)
    vite.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`The build of the site failed:\n${output}`))))
  })
}

if (import.meta.main) {
  const started = performance.now()
  const { folder, isNew } = await buildSite()
  console.log(`${folder} ${isNew ? 'built' : 'is current'} (${Math.round(performance.now() - started)} ms)`)
}
