/**
 * `npm run dev`: the local cloud with hot reload. What is changed in the site, the functions or the CDK app runs a moment
 * later, without a restart of this process.
 */
import { join } from 'node:path'
import { buildSharpLayer } from './build/sharp-layer.ts'
import { cloudOptionsHelp, readCloudOptions } from './console/cloud-options.ts'
import { endWithStarter, fail, greet, say, seconds, stopOnSignal } from './console/run-cloud.ts'
import { FunctionBundles } from './dev/function-bundles.ts'
import { LiveCloud, synthInPlace } from './dev/live-cloud.ts'
import { startSiteServer } from './dev/site-server.ts'

const root = join(import.meta.dirname, '..')

const help = `npm run dev -- [options]

Runs Glowworm on this machine, and what you change in it while it runs.
${cloudOptionsHelp}`

async function step<Result>(name: string, work: Promise<Result>): Promise<Result> {
  const started = performance.now()
  const result = await work
  say(`  ${name.padEnd(12)} ${seconds(performance.now() - started)}`)
  return result
}

try {
  const startedMs = performance.now()
  const options = readCloudOptions(process.argv.slice(2))
  if (options === null) {
    process.stdout.write(help)
  } else {
    endWithStarter()
    say('Glowworm, for development:')
    const handlers = join(root, 'functions', 'handlers')
    const bundles = new FunctionBundles(handlers, join(root, 'build', 'dev', 'functions'))
    await Promise.all([
      step('functions', bundles.refresh()),
      step('sharp layer', buildSharpLayer({ platform: 'host' })),
    ])
    const [site] = await Promise.all([
      step('site', startSiteServer(root)),
      step('templates', synthInPlace(root, options)),
    ])
    const live = await LiveCloud.start({ ...options, root, bundles, site })
    stopOnSignal(live)
    greet(
      live.cloud,
      performance.now() - startedMs,
      'Changes of site, functions and templates are live. Ctrl-C stops it.',
    )
  }
} catch (error) {
  fail(error)
}
