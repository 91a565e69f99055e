/**
 * `npm test`: every check, a build of what the end-to-end tests start, then every test.
 * `npm test -- FILTER` runs only the tests whose path contains FILTER.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

function run(...args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

const filters = process.argv.slice(2)
const steps = [
  ...(filters.length === 0 ? [['scripts/check.ts']] : []),
  ['scripts/build/all.ts'],
  ['node_modules/vitest/vitest.mjs', 'run', ...filters],
]
for (const step of steps) {
  const code = await run(...step)
  if (code !== 0) process.exit(code)
}
