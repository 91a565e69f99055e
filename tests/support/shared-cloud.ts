import type { TestProject } from 'vitest/node'
import { startCloud } from '../../scripts/local/cloud-process.ts'
import type { LocalCloudFacts } from '../../scripts/local/data-directory.ts'

declare module 'vitest' {
  interface ProvidedContext {
    cloud: LocalCloudFacts
    cloudData: string
  }
}

/** One local cloud for all end-to-end tests that do not stop it. */
export default async function setup(project: TestProject) {
  const cloud = await startCloud()
  project.provide('cloud', cloud.facts)
  project.provide('cloudData', cloud.dataDirectory)
  return () => cloud.dispose()
}
