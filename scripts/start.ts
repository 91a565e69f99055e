/**
 * `npm start`: builds what has changed, synthesises the CDK app, and runs it on this machine.
 */
import { join } from 'node:path'
import { type BuildStep, buildAll } from './build/all.ts'
import { cloudOptionsHelp, readCloudOptions } from './console/cloud-options.ts'
import { endWithStarter, fail, greet, runCloud, say, seconds, stopOnSignal } from './console/run-cloud.ts'
import { builtSite } from './local/gateway/site-files.ts'

const root = join(import.meta.dirname, '..')

const help = `npm start -- [options]

Builds Glowworm and runs it on this machine, from the CDK app that deploys.
${cloudOptionsHelp}`

try {
  const startedMs = performance.now()
  const options = readCloudOptions(process.argv.slice(2))
  if (options === null) {
    process.stdout.write(help)
  } else {
    endWithStarter()
    say('Glowworm, on this machine:')
    const onStep = ({ name, isNew, milliseconds }: BuildStep) =>
      say(`  ${name.padEnd(12)} ${isNew ? 'built  ' : 'current'}  ${seconds(milliseconds)}`)
    const onWait = () => say('  Another build of this clone is under way; waiting for its end.')
    const cdkOut = await buildAll(onStep, { ...options, onWait })
    const site = builtSite(join(root, 'web', 'build'))
    const cloud = await runCloud({ ...options, cdkOut, site })
    stopOnSignal(cloud)
    greet(cloud, performance.now() - startedMs, 'Ctrl-C stops it; the data stay.')
  }
} catch (error) {
  fail(error)
}
