import type { TestProject } from 'vitest/node'
import { startCloud } from '../../scripts/local/cloud-process.ts'
import type { LocalCloudFacts } from '../../scripts/local/data-directory.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** For tests of the local cloud itself. */
    localCloud: LocalCloudFacts
    cloudData: string
  }
}

/** One local cloud for all end-to-end tests that do not stop it. */
export default async function setup(project: TestProject) {
  const { facts, dataDirectory, dispose } = await startCloud()
  project.provide('cloud', facts)
  project.provide('localCloud', facts)
  project.provide('cloudData', dataDirectory)
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' }
  project.provide('aws', { region: 'us-east-1', endpoint: facts.endpoints.dynamodb, credentials })
  project.provide('own', { ticketsTable: 'glowworm-tickets', highDeadLetters: 'glowworm-jobs-high-dead-letters' })
  project.provide('cannot', {})
  return () => dispose()
}
