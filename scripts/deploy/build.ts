import { join } from 'node:path'
import { buildParts } from '../build/all.ts'
import { buildLock, withBuildLock } from '../build/build-lock.ts'
import { synth } from '../build/synth.ts'
import { say, seconds } from '../console/run-cloud.ts'
import type { DeployOptions } from './options.ts'

const root = join(import.meta.dirname, '..', '..')

export interface Built {
  /** Of the templates and what they refer to. */
  readonly assembly: string
  /** Of the site. */
  readonly site: string
}

/** Everything that a deployment consists of. Those for AWS are checked against CloudFormation's own schemas, too. */
export function buildForDeployment(options: DeployOptions, endpoint: string | null): Promise<Built> {
  const { stage, sharp: platform } = options
  const folder = join(root, 'build', 'deploy')
  // Apart from the layer of the local cloud, which may be running.
  const layers = join(folder, `layers-${platform}`)
  const assembly = join(folder, endpoint === null ? stage : `${stage}-emulated`)
  const context = { ...options.context, layers, ...(endpoint !== null && { endpoint }) }
  return withBuildLock(buildLock, async () => {
    await buildParts(
      ({ name, isNew, milliseconds }) => {
        say(`  ${name.padEnd(12)} ${isNew ? 'built  ' : 'current'}  ${seconds(milliseconds)}`)
      },
      { platform, outdir: layers },
    )
    const { milliseconds } = await synth({ stage, outdir: assembly, context, validate: endpoint === null })
    say(`  ${'templates'.padEnd(12)} built    ${seconds(milliseconds)}`)
    return { assembly, site: join(root, 'web', 'build') }
  })
}
