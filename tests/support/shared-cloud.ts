import { defaultDisplaySizes } from '@glowworm/events/vocabulary'
import type { TestProject } from 'vitest/node'
import { type RunningCloud, startCloud } from '../../scripts/local/cloud-process.ts'
import type { UnderTest } from './cloud-under-test.ts'
import { changeDisplaySettings } from './display-settings.ts'
import { builtRoutes } from './template-routes.ts'

/** A local cloud for each worker, for all end-to-end tests that do not stop it. */
export default async function setup(project: TestProject) {
  const clouds = await Promise.all(Array.from({ length: project.config.maxWorkers }, startSmallCloud))
  const routes = await builtRoutes()
  project.provide(
    'clouds',
    clouds.map(({ facts, dataDirectory }): UnderTest => {
      const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' }
      return {
        cloud: facts,
        aws: { region: 'us-east-1', endpoint: facts.endpoints.dynamodb, credentials },
        own: { ticketsTable: 'glowworm-tickets', highDeadLetters: 'glowworm-jobs-high-dead-letters' },
        routes,
        cannot: {},
        localCloud: facts,
        cloudData: dataDirectory,
      }
    }),
  )
  return () => Promise.all(clouds.map((cloud) => cloud.dispose()))
}

/** One that makes what the default settings ask for, but the largest size: that takes most of the time, and shows nothing. */
async function startSmallCloud(): Promise<RunningCloud> {
  const cloud = await startCloud()
  const display_sizes = defaultDisplaySizes.filter((size) => size !== '2160x3840')
  await changeDisplaySettings(await cloud.signIn(), { display_sizes })
  return cloud
}
