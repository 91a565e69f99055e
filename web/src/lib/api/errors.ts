/** A server answered, and refused. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Nothing that answers was reached. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

/** Whether the same request may succeed a little later. A 4xx is an answer and stands, but for 429. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Refused) return error.status >= 500 || error.status === 429
  return error instanceof Unreachable
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What a refusal means that came from in front of our functions, in a shape that is not ours. */
export function reasonOfStatus(status: number): string {
  if (status === 401) return 'You are not signed in any more.'
  if (status === 403) return 'You may not do this.'
  if (status === 413) return 'That is too much at once.'
  if (status === 429) return 'That was too often. Try again in a moment.'
  return status >= 500 ? 'The server is not well at the moment. Try again soon.' : `The server refused (${status}).`
}
