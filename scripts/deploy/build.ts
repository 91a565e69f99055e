import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildParts, sizes } from '../build/all.ts'
import { buildLock, withBuildLock } from '../build/build-lock.ts'
import { synth } from '../build/synth.ts'
import { say, seconds } from '../console/run-cloud.ts'
import type { DeployOptions } from './options.ts'
import type { Account } from './preflight.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'build', 'deploy')

export interface Built {
  /** Of the templates and what they refer to. */
  readonly assembly: string
  /** Of the site: a copy, which no later build changes. */
  readonly site: string
}

/**
 * Everything that a deployment consists of. Templates for AWS are checked against CloudFormation's own schemas, too, and
 * fit this account and region alone: the CDK refuses to deploy them with credentials of another account.
 */
export function buildForDeployment(
  options: DeployOptions,
  endpoint: string | null,
  account: Pick<Account, 'account' | 'region'>,
): Promise<Built> {
  const { stage, sharp: platform } = options
  // Apart from the layer of the local cloud, which may be running.
  const layers = join(folder, `layers-${platform}`)
  const { assembly, site } = builtFolders(stage, endpoint)
  const context = contextOf(options, layers, endpoint, account)
  return withBuildLock(buildLock, async () => {
    await buildParts(
      ({ name, isNew, milliseconds }) => {
        say(`  ${name.padEnd(12)} ${isNew ? 'built  ' : 'current'}  ${seconds(milliseconds)}`)
      },
      { platform, outdir: layers },
    )
    say((await sizes(layers)).replaceAll(/^/gm, '  '))
    const { milliseconds } = await synth({ stage, outdir: assembly, context, validate: endpoint === null })
    say(`  ${'templates'.padEnd(12)} built    ${seconds(milliseconds)}`)
    await rm(site, { recursive: true, force: true })
    await cp(join(root, 'web', 'build'), site, { recursive: true })
    return { assembly, site }
  })
}

/** Where the last build for that stage lies. */
export function builtFolders(stage: string, endpoint: string | null): Built {
  const assembly = join(folder, endpoint === null ? stage : `${stage}-emulated`)
  return { assembly, site: `${assembly}-site` }
}

/** What the app is told: the options that a person gave, of which none decides what is deployed, or where to. */
export const contextOf = (
  { context }: Pick<DeployOptions, 'context'>,
  layers: string,
  endpoint: string | null,
  { account, region }: Pick<Account, 'account' | 'region'>,
): Readonly<Record<string, string>> => ({
  ...context,
  layers,
  ...(endpoint === null ? { account, region } : { endpoint }),
})
