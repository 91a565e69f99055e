/** Attributes whose values never reach a log, at any depth. */
const secretKeys = new Set([
  'authorization',
  'cookie',
  'cookies',
  'set-cookie',
  'password',
  'ticket',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'secret',
  'secretaccesskey',
  'sessiontoken',
  'edgesecret',
  'x-glowworm-edge',
  'gps',
  'latitude',
  'longitude',
  'altitude',
  // As exifr names them.
  'gpslatitude',
  'gpslongitude',
  'gpsaltitude',
])

const secretsInText: readonly [pattern: RegExp, replacement: string][] = [
  // What makes a presigned URL, or a socket's URL, usable.
  [/([?&](?:x-amz-signature|x-amz-security-token|x-amz-credential|ticket)=)[^&\s"']+/gi, '$1[redacted]'],
  // Tokens of any kind, where they are sent.
  [/\b(Bearer\s+)[^\s"',]+/gi, '$1[redacted]'],
  // JSON web tokens, wherever they stand: header, cookie, message of a library.
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*(?:\.[\w-]*)*/g, '[redacted]'],
]

/** A replacer for `JSON.stringify` that takes out credentials and positions, by key and by their looks in text. */
export function redact(key: string, value: unknown): unknown {
  if (secretKeys.has(key.toLowerCase().replaceAll('_', '')) && value !== null && value !== undefined) {
    return '[redacted]'
  }
  if (typeof value !== 'string') return value
  return secretsInText.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), value)
}
