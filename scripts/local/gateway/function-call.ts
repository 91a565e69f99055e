import { setTimeout as wait } from 'node:timers/promises'

/** API Gateway waits no longer; the function itself may run on. */
const integrationTimeoutMs = 30_000

/**
 * Runs a function synchronously. `payload` is JSON text, both ways; that of a function which failed describes the
 * error. Rejects with an error that has a `statusCode` where no function ran: 413 too large, 429 throttled, 503 stopping.
 */
export type Invoke = (
  functionArn: string,
  payload: string,
) => Promise<{ readonly functionError: string | null; readonly payload: string }>

/** How a call ended, as a gateway sees it. */
export type FunctionOutcome =
  | { readonly kind: 'returned'; readonly value: unknown }
  /** It threw (`errorMessage` is what), crashed or ran out of its own time. */
  | { readonly kind: 'failed'; readonly errorMessage: string }
  /** There was no answer in time, or nothing that could run. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'too-large' }

export async function callFunction(
  invoke: Invoke,
  functionArn: string,
  event: unknown,
  timeoutMs = integrationTimeoutMs,
): Promise<FunctionOutcome> {
  const patience = new AbortController()
  const called = invoke(functionArn, JSON.stringify(event)).then(outcomeOf, refusalOf)
  const impatient = wait(timeoutMs, { kind: 'unavailable' } as const, { signal: patience.signal })
  impatient.catch(() => {})
  return Promise.race([called, impatient]).finally(() => patience.abort())
}

function outcomeOf({ functionError, payload }: Awaited<ReturnType<Invoke>>): FunctionOutcome {
  const value: unknown = payload === '' ? null : JSON.parse(payload)
  if (functionError === null) return { kind: 'returned', value }
  const { errorMessage } = (value ?? {}) as { errorMessage?: unknown }
  return { kind: 'failed', errorMessage: String(errorMessage ?? '') }
}

function refusalOf(error: unknown): FunctionOutcome {
  const statusCode = error instanceof Error && 'statusCode' in error ? error.statusCode : null
  if (statusCode === 413) return { kind: 'too-large' }
  if (statusCode === 429 || statusCode === 503) return { kind: 'unavailable' }
  throw error
}
