// Runs before `npm start` and `npm test`, on whatever Node the machine has (20 or newer) and without dependencies:
// installs when node_modules is missing or was made from another lock file.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFile = join(root, 'node_modules', '.glowworm-installed')
const fingerprint = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(process.platform + process.arch)
  .digest('hex')

if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== fingerprint) {
  process.stdout.write('Installing dependencies (needed once, and after each change of package-lock.json) …\n')
  // Not `npm ci`: it refuses a lock file without the packages of other platforms, which the registry of the machine that
  // wrote it need not have. With --no-save the versions are still those of the lock file, and it stays as it is.
  const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) {
    process.stderr.write(`npm install failed${npm.error ? `: ${npm.error.message}` : ''}. Its messages stand above.\n`)
    process.exit(npm.status ?? 1)
  }
  writeFileSync(stampFile, fingerprint)
}
