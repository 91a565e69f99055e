/** A refusal in the words of AWS; the endpoint gives it the shape of the service that was called. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly status: number
  /** As the service's API reference names it: `NoSuchKey`, `ResourceNotFoundException` … */
  readonly code: string
  /** Extra response headers. */
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: string,
    message: string,
    options: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, options)
    this.status = status
    this.code = code
    this.headers = options.headers ?? {}
  }
}

/** Thrown to leave the caller without any answer, as a broken network does. */
export class ConnectionReset extends Error {
  override readonly name = 'ConnectionReset'
}

/** What the local cloud cannot do is refused by name, never half done. */
export function notImplemented(service: string, what: string): ServiceError {
  return new ServiceError(501, 'NotImplemented', `The local cloud does not implement ${what} of ${service}.`)
}
