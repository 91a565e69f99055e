import { type AwsResponse, decode, header } from './aws-request.ts'
import type { InvocationType, InvokeFunction } from './handlers.ts'
import type { AwsService, BufferedRequest } from './service.ts'
import { notImplemented, ServiceError } from './service-error.ts'

const largestPayload: Readonly<Record<InvocationType, number>> = { RequestResponse: 6_291_456, Event: 1_048_576 }

/** The Invoke operation of Lambda; everything else about functions belongs to the template. */
export class LambdaApi implements AwsService {
  readonly name = 'lambda'
  readonly protocol = 'rest-json'
  readonly #functionNames: ReadonlySet<string>
  readonly #invoke: InvokeFunction

  constructor(functionNames: readonly string[], invoke: InvokeFunction) {
    this.#functionNames = new Set(functionNames)
    this.#invoke = invoke
  }

  identify(request: BufferedRequest): { operation: string; resource: string } {
    const [, reference] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.path) ?? []
    if (reference === undefined || request.method !== 'POST') {
      throw notImplemented('lambda', `${request.method} ${request.path}`)
    }
    return { operation: 'Invoke', resource: functionName(decode(reference)) }
  }

  async answer(request: BufferedRequest): Promise<AwsResponse> {
    const { resource: name } = this.identify(request)
    if (!this.#functionNames.has(name)) {
      throw new ServiceError(404, 'ResourceNotFoundException', `Function not found: ${name}`)
    }
    for (const name of ['x-amz-client-context', 'x-amz-log-type', 'x-amz-tenant-id']) {
      if ((header(request, name) ?? 'None') !== 'None') throw notImplemented('lambda', `the header ${name} of Invoke`)
    }
    const type = invocationType(request)
    if (type === 'DryRun') return { status: 204, headers: {}, body: '' }
    if (request.body.length > largestPayload[type]) {
      const message = `Request must be smaller than ${largestPayload[type]} bytes for the ${type} invocation type`
      throw new ServiceError(413, 'RequestTooLargeException', message)
    }
    refuseInvalidJson(request.body)
    const { status, payload, functionError } = await this.#invoke(name, request.body, type)
    if (status === 429) throw new ServiceError(429, 'TooManyRequestsException', 'Rate Exceeded.')
    if (status >= 500) throw new ServiceError(status, 'ServiceException', `${name} could not be invoked.`)
    return {
      status,
      headers: {
        'content-type': 'application/json',
        'x-amz-executed-version': '$LATEST',
        ...(functionError !== undefined && { 'x-amz-function-error': functionError }),
      },
      body: payload,
    }
  }
}

/** Of a name, an ARN or a partial ARN, with or without a qualifier. */
function functionName(reference: string): string {
  const parts = reference.split(':')
  const at = parts.lastIndexOf('function')
  return (at === -1 ? parts[0] : parts[at + 1]) ?? ''
}

function invocationType(request: BufferedRequest): InvocationType | 'DryRun' {
  const type = header(request, 'x-amz-invocation-type') ?? 'RequestResponse'
  if (type === 'RequestResponse' || type === 'Event' || type === 'DryRun') return type
  throw new ServiceError(
    400,
    'InvalidParameterValueException',
    `Expected RequestResponse, Event or DryRun, got ${type}`,
  )
}

function refuseInvalidJson(body: Buffer): void {
  if (body.length === 0) return
  try {
    JSON.parse(body.toString())
  } catch (cause) {
    const message = 'Could not parse request body into json'
    throw new ServiceError(400, 'InvalidRequestContentException', message, { cause })
  }
}
