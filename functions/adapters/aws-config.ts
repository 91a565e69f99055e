import { isThrottlingError, isTransientError } from '@smithy/core/retry'
import type { AwsCredentialIdentity, Pluggable, SdkError } from '@smithy/types'
import { ImageError } from '../core/errors.ts'

/**
 * Where the clients find AWS. Empty on AWS itself: region and credentials come from the function's environment, and
 * so does an endpoint that stands in for it.
 */
export interface AwsConfig {
  readonly endpoint?: string | undefined
  readonly region?: string
  readonly credentials?: AwsCredentialIdentity
}

/** Connections are kept alive by default. A peer that is silent costs an attempt, not the function's whole time. */
export function patient({ endpoint, ...config }: AwsConfig) {
  return {
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
    ...(endpoint !== undefined && { endpoint }),
    ...config,
  }
}

/** As `patient`, for a call that has an alternative: what does not answer soon is given up for it. */
export function hasty(config: AwsConfig) {
  return {
    ...patient(config),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_500, throwOnRequestTimeout: true },
  }
}

/**
 * The one place where failures that may pass (throttling, time-outs, faults of the service) become errors of ours
 * that say so, after the client's own attempts. All other exceptions go on to the adapter, which knows what they mean.
 */
export function translating<Client extends { readonly middlewareStack: { use(plugin: AnyPlugin): void } }>(
  client: Client,
) {
  client.middlewareStack.use({
    applyToStack: (stack) =>
      stack.add(
        (next, { clientName, commandName }) =>
          async (args) => {
            try {
              return await next(args)
            } catch (error) {
              if (!mayPass(error)) throw error
              const message = `${clientName} ${commandName} is not possible at the moment.`
              throw new ImageError('storage_unavailable', message, { cause: error })
            }
          },
        // Around everything else, the client's own attempts included.
        { step: 'initialize', priority: 'high', name: 'translateErrorsThatMayPass' },
      ),
  })
  return client
}

// biome-ignore lint/suspicious/noExplicitAny: a plugin for clients of every service, typed as the SDK types its own
type AnyPlugin = Pluggable<any, any>

function mayPass(error: unknown): boolean {
  return error instanceof Error && (isTransientError(error as SdkError) || isThrottlingError(error as SdkError))
}
