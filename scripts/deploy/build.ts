import { join } from 'node:path'
import { buildFunctions } from '../build/functions.ts'
import { buildSharpLayer } from '../build/sharp-layer.ts'
import { buildSite } from '../build/site.ts'
import { synth } from '../build/synth.ts'
import type { DeployOptions } from './options.ts'

const root = join(import.meta.dirname, '..', '..')

export interface Built {
  /** Of the templates and what they refer to. */
  readonly assembly: string
  /** Of the site. */
  readonly site: string
}

/** Everything that a deployment consists of. Templates are checked against CloudFormation's own schemas, too. */
export async function buildForDeployment(options: DeployOptions, endpoint: string | null): Promise<Built> {
  const { stage, sharp: platform } = options
  const [site] = await Promise.all([buildSite(), buildFunctions(), buildSharpLayer({ platform })])
  const outdir = join(root, 'build', 'deploy', endpoint === null ? stage : `${stage}-emulated`)
  const context = { ...options.context, ...(endpoint !== null && { endpoint }) }
  await synth({ stage, outdir, context, validate: endpoint === null })
  return { assembly: outdir, site: site.folder }
}
