/**
 * `npm run test:endpoint`: deploys the CDK app to MiniStack, which nobody here wrote, by the real `cdk deploy`, and drives
 * it end to end. Needs python3 and PyPI; where one of them is not to be had, it says so and ends well.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fail, say, seconds } from './console/run-cloud.ts'
import { readTestEndpointOptions, type TestEndpointOptions, testEndpointHelp } from './deploy/options.ts'
import { type Ministack, ministackMissing, NotInstalled, startMinistack } from './endpoint/ministack.ts'

const root = join(import.meta.dirname, '..')
const started = performance.now()

/** Ends with what the tests end with. */
async function testEndpoint({ keep, filters }: TestEndpointOptions): Promise<number> {
  const missing = await ministackMissing()
  if (missing !== null) return skip(missing)
  const ministack = await startMinistack().catch((error: unknown) => {
    if (error instanceof NotInstalled) return error
    throw error
  })
  if (ministack instanceof NotInstalled) return skip(ministack.message)
  const stopped = stopOnce(ministack.stop, keep ? 0 : 1)
  try {
    const at = ['--endpoint', ministack.endpoint]
    // It runs functions on this machine without containers, and knows no alarms on sums of metrics.
    const deployed = await run('scripts/deploy.ts', ...at, '--sharp', 'host', '--without', 'monitoring')
    const code = deployed !== 0 ? deployed : await (keep ? stay(ministack) : testAndDestroy(at, filters))
    if (code !== 0) say(`MiniStack said:\n${(await ministack.log()).slice(-20_000)}`)
    return code
  } finally {
    await stopped()
  }
}

async function testAndDestroy(at: readonly string[], filters: readonly string[]): Promise<number> {
  say(`Deployed to MiniStack after ${seconds(performance.now() - started)}.`)
  const tested = await run('scripts/e2e.ts', ...at, ...filters)
  const code = tested === 0 ? await run('scripts/destroy.ts', ...at, '--delete-originals', '--yes') : tested
  if (code === 0) say(`PASSED: deployed to MiniStack, tested, removed, in ${seconds(performance.now() - started)}.`)
  return code
}

/** Until MiniStack is gone. */
async function stay({ endpoint, ended }: Ministack): Promise<number> {
  say(`MiniStack runs at ${endpoint}. Ctrl-C stops it, and what is stored there is gone.`)
  return (await ended) ? 0 : 1
}

/** Where there is no MiniStack to be had, that is no fault of what is tested. */
function skip(reason: string): number {
  say(`SKIPPED: the tests against an emulator of AWS. ${reason}.`)
  return 0
}

/** However this ends, MiniStack does too. @param code that a signal ends this program with */
function stopOnce(stop: () => Promise<void>, code: number): () => Promise<void> {
  let stopping: Promise<void> | undefined
  const once = () => {
    stopping ??= stop()
    return stopping
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void once().finally(() => process.exit(code)))
  }
  return once
}

function run(...args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    // An emulator that hangs is no reason to hang.
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', timeout: 20 * 60_000 })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

try {
  const options = readTestEndpointOptions(process.argv.slice(2))
  if (options === null) process.stdout.write(testEndpointHelp)
  else process.exitCode = await testEndpoint(options)
} catch (error) {
  fail(error)
}
