import { createHash } from 'node:crypto'
import { Busboy } from '@fastify/busboy'
import { RequestError } from '../core/errors.ts'

export interface UploadedFile {
  /** As the sender wrote it; empty if they gave none. */
  readonly filename: string
  readonly bytes: Uint8Array
}

type Headers = Readonly<Record<string, string | undefined>>

/**
 * The photo in a request: a form with the one field `file`, or the body itself with a type of `image/…` and its name,
 * percent-encoded, in `x-filename`.
 * @param headers names in lower case
 * @throws RequestError `invalid_request` (400) or `checksum_mismatch` (422)
 */
export async function readUploadBody(headers: Headers, body: Uint8Array): Promise<UploadedFile> {
  checkDigest(headers['content-digest'], body)
  const type = headers['content-type'] ?? ''
  if (/^multipart\/form-data\b/i.test(type)) return readForm(type, body)
  if (/^image\//i.test(type)) return { filename: decodeFilename(headers['x-filename'] ?? ''), bytes: body }
  throw invalid(
    `Expected content-type multipart/form-data with a field "file", or image/…, received ${type || 'none'}.`,
  )
}

/** Content-Digest of RFC 9530. Algorithms other than SHA-256 are not looked at, as it allows. */
function checkDigest(header: string | undefined, body: Uint8Array): void {
  const declared = /(?:^|,)\s*sha-256=:([^:]*):/i.exec(header ?? '')?.[1]
  if (declared === undefined) return
  const received = createHash('sha256').update(body).digest('base64')
  if (received === declared) return
  const message = `Expected a body with the SHA-256 of Content-Digest, ${declared}, received ${received}. Send it again.`
  throw new RequestError(422, 'checksum_mismatch', message)
}

function decodeFilename(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch (cause) {
    throw invalid('Expected x-filename to be percent-encoded UTF-8.', { cause })
  }
}

async function readForm(contentType: string, body: Uint8Array): Promise<UploadedFile> {
  const files: Promise<UploadedFile>[] = []
  const fields: string[] = []
  try {
    const form = new Busboy({
      headers: { 'content-type': contentType },
      limits: { parts: 2, fieldSize: 1024, headerPairs: 20, headerSize: 16 * 1024 },
    })
    const parsed = new Promise<void>((resolve, reject) => form.on('finish', resolve).on('error', reject))
    form.on('field', (name) => fields.push(name))
    form.on('file', (name, stream, filename) => {
      fields.push(name)
      const file = stream.toArray().then((chunks) => ({ filename: filename ?? '', bytes: Buffer.concat(chunks) }))
      // Handled below; until then a form that breaks off must not end the process.
      file.catch(() => {})
      files.push(file)
    })
    form.end(body)
    await parsed
    const [file] = await Promise.all(files)
    if (file !== undefined && fields.length === 1 && fields[0] === 'file') return file
  } catch (cause) {
    throw invalid('Expected a whole form (multipart/form-data), received one that breaks off or has no boundary.', {
      cause,
    })
  }
  throw invalid(`Expected a form with one file in the field "file" and nothing else, received ${listOf(fields)}.`)
}

const listOf = (fields: readonly string[]): string =>
  fields.length === 0 ? 'none' : fields.map((name) => `"${name}"`).join(', ')

const invalid = (message: string, options?: ErrorOptions): RequestError =>
  new RequestError(400, 'invalid_request', message, options)
