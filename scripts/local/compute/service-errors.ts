/** An invocation that the Lambda API itself refuses: no function ran. `name` is the API's error code. */
export class LambdaServiceError extends Error {
  readonly statusCode: number

  constructor(name: string, statusCode: number, message: string) {
    super(message)
    this.name = name
    this.statusCode = statusCode
  }
}

export class TooManyRequests extends LambdaServiceError {
  /** As the API answers: which limit was met. */
  readonly reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' | 'ConcurrentInvocationLimitExceeded'

  constructor(reason: TooManyRequests['reason']) {
    super('TooManyRequestsException', 429, 'Rate Exceeded.')
    this.reason = reason
  }
}

export function functionNotFound(name: string, known: Iterable<string>): LambdaServiceError {
  return new LambdaServiceError(
    'ResourceNotFoundException',
    404,
    `Function not found: ${name}. The template declares: ${[...known].join(', ') || 'none'}.`,
  )
}

export function payloadTooLarge(limit: number): LambdaServiceError {
  return new LambdaServiceError(
    'RequestTooLargeException',
    413,
    `Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
  )
}

export function payloadNotJson(cause: unknown): LambdaServiceError {
  const error = new LambdaServiceError(
    'InvalidRequestContentException',
    400,
    `Could not parse request body into json: ${String(cause)}`,
  )
  error.cause = cause
  return error
}

export function shuttingDown(): LambdaServiceError {
  return new LambdaServiceError('ServiceException', 503, 'The local cloud is stopping.')
}
