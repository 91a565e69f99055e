import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const scripts = join(import.meta.dirname, '..')

it.each([
  [['deploy.ts'], '.*say --yes.*'],
  [['destroy.ts'], 'say it in a terminal, or with --yes\\.'],
  [['destroy.ts', '--stage', 'prod', '--delete-originals'], 'say it in a terminal\\.'],
])(
  '%j asks first, and refuses where there is no terminal, before AWS is asked for anything',
  async ([file = '', ...args], words) => {
    const run = promisify(execFile)(process.execPath, [join(scripts, file), ...args], {
      env: { PATH: process.env.PATH },
    })
    const stderr = expect.stringMatching(new RegExp(`^There is nobody to ask: ${words}\n$`))
    await expect(run).rejects.toMatchObject({ code: 1, stdout: '', stderr })
  },
)
