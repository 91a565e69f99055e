/** `npm run check`: types, lint, format and import walls, unused code. Exactly what CI runs before the tests. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

const checks: readonly (readonly [what: string, folder: string, command: string, ...args: string[]])[] = [
  ['types', '.', 'tsc', '--project', '.'],
  ['generated types of the site', 'web', 'svelte-kit', 'sync'],
  ['types and accessibility of the site', 'web', 'svelte-check', '--fail-on-warnings', '--output', 'human'],
  ['lint, format, import walls', '.', 'biome', 'ci', '--error-on-warnings', '.'],
  ['unused files, exports, dependencies', '.', 'knip', '--no-progress'],
]

function run(folder: string, command: string, args: readonly string[]): Promise<number> {
  const places = [folder, '.'].map((place) => join(root, place, 'node_modules', '.bin', command))
  return new Promise((resolve, reject) => {
    const child = spawn(places.find(existsSync) ?? command, args, { cwd: join(root, folder), stdio: 'inherit' })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

let failed = 0
for (const [what, folder, command, ...args] of checks) {
  const code = await run(folder, command, args)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${what}`)
  if (code !== 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
