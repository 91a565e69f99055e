/**
 * `npm run e2e -- --endpoint URL`: the end-to-end tests that know nothing but the API, against what `npm run deploy` has
 * left there, or in the user's account on AWS.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { localOnly } from '../tests/support/black-box.ts'
import { fail, say } from './console/run-cloud.ts'
import { awsTarget } from './deploy/aws-target.ts'
import { oneOf, stages } from './deploy/options.ts'

const root = join(import.meta.dirname, '..')

const help = `npm run e2e -- [options] [FILTER]

Tests what npm run deploy has deployed, through its API. On AWS it leaves the photos that it has sent.

  --endpoint URL  where something stands in for AWS; without it, AWS as you are signed in
  --stage NAME    dev or prod (dev)
  --help          show this
`

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      endpoint: { type: 'string' },
      stage: { type: 'string', default: 'dev' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) process.stdout.write(help)
  else {
    const stage = oneOf('--stage', stages, values.stage)
    const { endpoint } = awsTarget(values.endpoint, process.env)
    for (const [file, reason] of Object.entries(localOnly)) say(`not run: tests/e2e/${file}: ${reason}`)
    process.exitCode = await runTests(positionals, {
      GLOWWORM_E2E_STAGE: stage,
      ...(endpoint !== null && { GLOWWORM_E2E_ENDPOINT: endpoint }),
    })
  }
} catch (error) {
  fail(error)
}

function runTests(filters: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'tests/e2e/endpoint.config.ts', ...filters], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
