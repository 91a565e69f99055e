interface IdentityParts {
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
}

/** `$request.header.Authorization` of HTTP APIs, `route.request.querystring.ticket` of WebSocket APIs. */
export const identitySource = /^(?:\$|route\.)request\.(header|querystring)\.(.+)$/

/** The value of every identity source; null as soon as one is absent or empty. */
export function identityOf(sources: readonly string[], parts: IdentityParts): readonly string[] | null {
  const values: string[] = []
  for (const source of sources) {
    const [, place, name = ''] = identitySource.exec(source) ?? []
    const value = place === 'header' ? parts.headers[name.toLowerCase()] : parts.query[name]
    if (!value) return null
    values.push(value)
  }
  return values
}
