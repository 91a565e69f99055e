/**
 * Builds the site to `web/build`, unless what stands there was made from the same sources.
 *
 * `node scripts/build/site.ts`
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { buildLock, withBuildLock } from './build-lock.ts'
import { whenChanged } from './when-changed.ts'

const root = join(import.meta.dirname, '..', '..')
const web = join(root, 'web')

export interface Site {
  readonly folder: string
  /** False if what stood there was current. */
  readonly isNew: boolean
}

/**
 * Not two at the same time: see `buildLock`.
 * @throws Error with what the build printed
 */
export async function buildSite(): Promise<Site> {
  const isNew = await whenChanged(
    {
      root,
      stampFile: join(root, 'build', 'site.stamp'),
      sources: [
        'web/src/**',
        'web/static/**',
        'web/*.{ts,json}',
        'events/*.ts',
        'scripts/build/site.ts',
        'package-lock.json',
      ],
      outputs: ['web/build/**'],
    },
    runVite,
  )
  return { folder: join(web, 'build'), isNew }
}

/** @param version tells pages that run whether this is what they came from */
function runVite(version: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const vite = spawn('vite', ['build', '--logLevel', 'warn'], {
      cwd: web,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        // Whatever builds it: a run of tests would have the site of development.
        NODE_ENV: 'production',
        SITE_VERSION: version.slice(0, 16),
        PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
      },
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
  const { folder, isNew } = await withBuildLock(buildLock, buildSite)
  console.log(`${folder} ${isNew ? 'built' : 'is current'} (${Math.round(performance.now() - started)} ms)`)
}
