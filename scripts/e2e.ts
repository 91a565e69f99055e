/**
 * `npm run e2e -- --endpoint URL`: the end-to-end tests that know nothing but the API, against what `npm run deploy` has
 * left there, or in the user's account on AWS.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import * as screen from '@clack/prompts'
import { emulatorsOnly, endpointOnly, lenientAtEmulators, localOnly } from '../tests/support/black-box.ts'
import { fail, say } from './console/run-cloud.ts'
import { type AwsTarget, awsTarget } from './deploy/aws-target.ts'
import { type E2eOptions, e2eHelp, readE2eOptions } from './deploy/options.ts'
import { whoAmI } from './deploy/preflight.ts'

const root = join(import.meta.dirname, '..')

try {
  const options = readE2eOptions(process.argv.slice(2))
  if (options === null) process.stdout.write(e2eHelp)
  else {
    const target = awsTarget(options.endpoint, process.env)
    process.exitCode = (await isMeant(options, target)) ? await test(options, target) : 1
  }
} catch (error) {
  fail(error)
}

/** Nobody tests in an account by mistake. An emulator is there for it. */
async function isMeant({ stage, yes }: E2eOptions, target: AwsTarget): Promise<boolean> {
  if (target.endpoint !== null) return true
  const { account, region } = await whoAmI(target)
  const place = `stage ${stage} in account ${account}, region ${region}`
  say(`The tests send photos to ${place}, and leave them there.`)
  return yes || (await screen.confirm({ message: `Test ${place}?`, initialValue: false })) === true
}

function test({ stage, filters }: E2eOptions, { endpoint }: AwsTarget): Promise<number> {
  const left = { ...localOnly, ...(endpoint === null && emulatorsOnly) }
  for (const [file, reason] of Object.entries(left)) say(`not run: tests/e2e/${file}: ${reason}`)
  if (endpoint === null) {
    for (const [file, reason] of Object.entries(endpointOnly)) say(`not run: tests/endpoint/${file}: ${reason}`)
  } else {
    for (const [files, leniency] of Object.entries(lenientAtEmulators)) say(`not exact: ${files}: ${leniency}`)
  }
  const { GLOWWORM_E2E_ENDPOINT: _, ...environment } = process.env
  return runTests(filters, {
    ...environment,
    GLOWWORM_E2E_STAGE: stage,
    ...(endpoint !== null && { GLOWWORM_E2E_ENDPOINT: endpoint }),
  })
}

function runTests(filters: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'tests/e2e/endpoint.config.ts', ...filters], {
    cwd: root,
    stdio: 'inherit',
    env: environment,
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
