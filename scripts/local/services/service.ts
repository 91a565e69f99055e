import { type AwsRequest, type AwsResponse, header } from './aws-request.ts'
import type { Protocol } from './error-shapes.ts'
import { ServiceError } from './service-error.ts'

/** One call of one operation, as fault injection and logs see it. */
export interface ServiceCall {
  /** SigV4 service name: `s3`, `sqs`, `sns`, `dynamodb`, `cognito-idp`, `lambda`, `execute-api`. */
  readonly service: string
  /** As the API reference names it; as the request spells it when the service does not know it. */
  readonly operation: string
  /** What it is about: `bucket/key`, a queue, table or function name, an ARN, a connection id; may be empty. */
  readonly resource: string
  /** Names the invocation that makes the call, as the SDK passes it on in Lambda; null for a call from elsewhere. */
  readonly traceId: string | null
}

/**
 * Called once each for every authenticated call: before the service sees it, and after it has done what it was asked but
 * before it answers. They may wait; a ServiceError that they throw becomes the answer, and a ConnectionReset leaves none.
 */
export interface CallHooks {
  before(call: ServiceCall): Promise<void>
  after(call: ServiceCall): Promise<void>
  /** By how much the clocks of functions are ahead; the services believe them, so that nobody notices. */
  clockAheadMs(): number
}

export const noHooks: CallHooks = { before: async () => {}, after: async () => {}, clockAheadMs: () => 0 }

/** The time, as whoever makes the request sees it. */
export function timeOf(request: AwsRequest, hooks: CallHooks): Date {
  return new Date(Date.now() + (traceIdOf(request) === null ? 0 : hooks.clockAheadMs()))
}

export function traceIdOf(request: AwsRequest): string | null {
  return header(request, 'x-amzn-trace-id') ?? null
}

export interface BufferedRequest extends AwsRequest {
  readonly body: Buffer
}

/** A service whose requests and answers fit in memory. */
export interface AwsService {
  readonly name: string
  readonly protocol: Protocol
  /** `operation` and `resource` of the call. @throws ServiceError if the request names none. */
  identify(request: BufferedRequest): Pick<ServiceCall, 'operation' | 'resource'>
  /** Whether the operation is open to callers without credentials. */
  isPublic?(operation: string): boolean
  /** `signal` aborts when the caller has gone. @throws ServiceError */
  answer(request: BufferedRequest, operation: string, signal: AbortSignal): Promise<AwsResponse>
}

/** A JSON answer of a service that speaks AWS JSON. */
export function jsonAnswer(version: '1.0' | '1.1', output: unknown): AwsResponse {
  return {
    status: 200,
    headers: { 'content-type': `application/x-amz-json-${version}` },
    body: JSON.stringify(output),
  }
}

/** The body of an AWS JSON request. @throws ServiceError `SerializationException` unless it is a JSON object */
export function jsonInput({ body }: BufferedRequest): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(body.toString() || '{}')
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Record<string, unknown>
  } catch (cause) {
    throw new ServiceError(400, 'SerializationException', 'The request body is not well-formed JSON.', { cause })
  }
  throw new ServiceError(400, 'SerializationException', 'Expected a JSON object as the request body.')
}

/** The operation in `X-Amz-Target: Prefix.Operation`. */
export function targetOperation(request: AwsRequest): string {
  return header(request, 'x-amz-target')?.split('.')[1] ?? ''
}
