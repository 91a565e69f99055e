import { type App, Validations } from 'aws-cdk-lib/core'
import { AwsSolutionsChecks } from 'cdk-nag'
import type { Artifacts } from './artifacts.ts'
import { readConfig } from './config.ts'
import { ApiStack } from './stacks/api-stack.ts'
import { MonitoringStack } from './stacks/monitoring-stack.ts'
import { ProcessingStack } from './stacks/processing-stack.ts'
import { SiteStack } from './stacks/site-stack.ts'
import { StorageStack } from './stacks/storage-stack.ts'

export interface GlowwormStacks {
  readonly storage: StorageStack
  readonly processing: ProcessingStack
  readonly api: ApiStack
  readonly site: SiteStack
  readonly monitoring: MonitoringStack
}

/** The whole system in one app. Synthesis fails if a rule of AWS Solutions is broken without a stated reason. */
export function addGlowworm(app: App, artifacts: Artifacts): GlowwormStacks {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  const config = readConfig(app)
  const { stage } = config
  const setting = { config, artifacts }
  // Without them the templates fit any account and region.
  const env = { account: app.node.tryGetContext('account'), region: app.node.tryGetContext('region') }
  // Names of things of the whole account (CloudFront's, budgets) have the stage and the region in them: CDK derives some
  // from the stack's id, and the stacks give the others.
  const id = (name: string) => `glowworm-${stage}-${name}`
  const about = (what: string) => ({
    env,
    description: `Glowworm (${stage}): ${what}`,
    // `budget` is what the budget of the stage counts, once it is activated as a cost allocation tag.
    tags: { application: 'glowworm', stage, budget: `glowworm-${stage}` },
  })

  const storage = new StorageStack(app, id('storage'), config, {
    ...about('photos, records and people'),
    terminationProtection: config.retainData,
  })
  const processing = new ProcessingStack(app, id('processing'), setting, {
    ...about('queues, worker and updates'),
    storage,
  })
  const api = new ApiStack(app, id('api'), setting, { ...about('HTTP and WebSocket'), storage, processing })
  const site = new SiteStack(app, id('site'), config, { ...about('CDN and site'), storage, api })
  const monitoring = new MonitoringStack(app, id('monitoring'), config, {
    ...about('dashboard and alarms'),
    processing,
    api,
  })
  return { storage, processing, api, site, monitoring }
}
