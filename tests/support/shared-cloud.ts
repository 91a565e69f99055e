import type { TestProject } from 'vitest/node'
import { startCloud } from '../../scripts/local/cloud-process.ts'
import type { UnderTest } from './cloud-under-test.ts'

/** A local cloud for each worker, for all end-to-end tests that do not stop it. */
export default async function setup(project: TestProject) {
  const clouds = await Promise.all(Array.from({ length: project.config.maxWorkers }, () => startCloud()))
  project.provide(
    'clouds',
    clouds.map(({ facts, dataDirectory }): UnderTest => {
      const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' }
      return {
        cloud: facts,
        aws: { region: 'us-east-1', endpoint: facts.endpoints.dynamodb, credentials },
        own: { ticketsTable: 'glowworm-tickets', highDeadLetters: 'glowworm-jobs-high-dead-letters' },
        cannot: {},
        localCloud: facts,
        cloudData: dataDirectory,
      }
    }),
  )
  return () => Promise.all(clouds.map((cloud) => cloud.dispose()))
}
