const acceptable = /^[\w.=+/-]{1,128}$/

/** The id that a caller gave, if it is fit for logs and messages; otherwise the id of this request. */
export function correlationIdOf(given: string | undefined, requestId: string): string {
  return given !== undefined && acceptable.test(given) ? given : requestId
}
