/** `npm run check`: types, lint, format and import walls, unused code. Exactly what CI runs before the tests. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

const checks: readonly (readonly [what: string, command: string, ...args: string[]])[] = [
  ['types', 'tsc', '--project', '.'],
  ['lint, format, import walls', 'biome', 'ci', '--error-on-warnings', '.'],
  ['unused files, exports, dependencies', 'knip', '--no-progress'],
]

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, 'node_modules', '.bin', command), args, { cwd: root, stdio: 'inherit' })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

let failed = 0
for (const [what, command, ...args] of checks) {
  const code = await run(command, args)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${what}`)
  if (code !== 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
