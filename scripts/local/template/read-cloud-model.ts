import type { CloudModel } from '../model.ts'
import { readAssembly } from './assembly.ts'
import { rewriteHosts } from './aws-hosts.ts'
import { TemplateRefused } from './complaints.ts'
import { isHarmlessType } from './harmless-types.ts'
import type { Endpoints } from './identities.ts'
import { readApis } from './readers/apis.ts'
import { readDistributions } from './readers/distributions.ts'
import { readFunctions } from './readers/functions.ts'
import { readUserPools } from './readers/identity.ts'
import { readEventSources, readQueues, readSchedules, readSubscriptions, readTopics } from './readers/messaging.ts'
import { readBuckets, readTables } from './readers/storage.ts'
import { Resources } from './resources.ts'

/**
 * What the cloud assembly in `cdkOut` asks for. Fails with `TemplateRefused`, which names everything that this local
 * cloud does not know, rather than run something else than what deploys.
 */
export async function readCloudModel(cdkOut: string, endpoints: Endpoints): Promise<CloudModel> {
  const assembly = await readAssembly(cdkOut)
  const resources = new Resources(assembly, endpoints)
  const rewrite = (text: string) => rewriteHosts(text, endpoints, resources.isWebSocketApi)

  const model: CloudModel = {
    buckets: readBuckets(resources, rewrite),
    tables: readTables(resources),
    queues: readQueues(resources),
    topics: readTopics(resources),
    subscriptions: readSubscriptions(resources),
    userPools: readUserPools(resources),
    functions: readFunctions(resources, assembly.assets, rewrite),
    eventSources: readEventSources(resources),
    schedules: readSchedules(resources),
    ...readApis(resources, rewrite),
    distributions: readDistributions(resources, rewrite),
  }
  resources.refuseOthers(isHarmlessType)
  if (resources.complaints.length > 0) throw new TemplateRefused(resources.complaints)
  return model
}
