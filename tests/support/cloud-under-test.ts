import { inject, type TestContext } from 'vitest'

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
export type Capability =
  | 'tokens of our own making'
  | 'logs in files'
  | 'updates in order'
  | 'a gateway of our own'
  | 'the refusals of API Gateway'

declare module 'vitest' {
  interface ProvidedContext {
    cloud: CloudUnderTest
    aws: AwsAccess
    own: OwnResources
    /** Why the cloud under test cannot do these. */
    cannot: Partial<Record<Capability, string>>
  }
}

/** Skips the test, and says why, where the cloud under test cannot do what it needs. */
export function needs({ skip }: TestContext, capability: Capability): void {
  const reason = inject('cannot')[capability]
  if (reason !== undefined) skip(`needs ${capability}: ${reason}`)
}
