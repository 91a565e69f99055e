import { inject, type TestContext } from 'vitest'
import type { LocalCloudFacts } from '../../scripts/local/data-directory.ts'

/** Where Glowworm is, and who is to sign in there. */
export interface CloudUnderTest {
  readonly url: string
  readonly ws_url: string
  readonly admin_email: string
  readonly admin_password: string
}

/** For clients of the SDK, to what lies behind it. */
export interface AwsAccess {
  readonly region?: string
  readonly endpoint?: string
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** Resources of this cloud and no other that tests write into. */
export interface OwnResources {
  readonly ticketsTable: string
  /** Name of the queue of dead letters of new work. */
  readonly highDeadLetters: string
}

/** What some tests need, and not every cloud can do or lets a test do. */
export type Capability = 'tokens of our own making' | 'logs in files' | 'a gateway of our own' | "an authoriser's 401"

/** A whole Glowworm, and what tests may know of it. */
export interface UnderTest {
  readonly cloud: CloudUnderTest
  readonly aws: AwsAccess
  readonly own: OwnResources
  /** Key of every route that its templates have. */
  readonly routes: readonly string[]
  /** Why it cannot do these. */
  readonly cannot: Partial<Record<Capability, string>>
  /** For tests of the local cloud itself. */
  readonly localCloud?: LocalCloudFacts
  readonly cloudData?: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** One for each worker: files that run at the same time would disturb each other. */
    clouds: readonly UnderTest[]
  }
}

/** What the tests of this file are about: theirs alone, as long as they run. */
export function underTest(): UnderTest {
  const cloud = inject('clouds')[Number(process.env.VITEST_POOL_ID) - 1]
  if (cloud === undefined) throw new Error(`Expected a cloud for worker ${process.env.VITEST_POOL_ID}; there is none.`)
  return cloud
}

/** @throws Error where it is not a local cloud */
export function localUnderTest(): Required<Pick<UnderTest, 'localCloud' | 'cloudData'>> {
  const { localCloud, cloudData } = underTest()
  if (localCloud === undefined || cloudData === undefined) throw new Error('Expected a local cloud.')
  return { localCloud, cloudData }
}

/** Skips the test, and says why, where the cloud under test cannot do what it needs. */
export function needs({ skip }: TestContext, capability: Capability): void {
  const reason = underTest().cannot[capability]
  if (reason !== undefined) skip(`needs ${capability}: ${reason}`)
}
