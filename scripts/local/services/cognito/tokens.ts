/** When the token of a JWT ends, in epoch seconds; null if that cannot be read. The signature is not looked at. */
export function expiryOf(token: string): number | null {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return typeof exp === 'number' ? exp : null
  } catch {
    return null
  }
}

export function hasExpired(token: string): boolean {
  const expiry = expiryOf(token)
  return expiry !== null && expiry * 1000 <= Date.now()
}
