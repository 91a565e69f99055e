import { createHash, timingSafeEqual } from 'node:crypto'

interface Incoming {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Of whoever opened the connection to API Gateway. */
  readonly address: string
}

/**
 * The address of whoever asks. Through the CDN it is what the edge says in `x-glowworm-viewer`, proven by the secret in
 * `x-glowworm-edge`, both of which the CDN sets itself; without that proof it is the other end of the connection.
 */
export function viewerAddress({ headers, address }: Incoming, edgeSecret: string): string {
  const viewer = headers['x-glowworm-viewer']
  return viewer !== undefined && isEqual(headers['x-glowworm-edge'] ?? '', edgeSecret) ? viewer : address
}

/** In a time that does not tell how much of it was right. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
