import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RequestError } from '../core/errors.ts'
import { readUploadBody } from './upload-body.ts'

const boundaries = fc.stringMatching(/^[A-Za-z0-9'()+_,.:=?-]{1,69}[A-Za-z0-9'()+_,.:=?-]$/)
const typeOf = (boundary: string) => ({ 'content-type': `multipart/form-data; boundary="${boundary}"` })

/** Bytes that are full of what means something in a form. */
const difficult = (boundary: string) =>
  fc
    .array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
        fc
          .constantFrom('\r\n', '\r', '\n', '--', '\r\n-', '\r\n--', `--${boundary}`.slice(0, -1), `\r\n-${boundary}`)
          .map((text) => Buffer.from(text)),
      ),
      { maxLength: 12 },
    )
    .map((parts) => Buffer.concat(parts))
    .filter((bytes) => !`\r\n${bytes.toString('latin1')}`.includes(`\r\n--${boundary}`))

const part = (boundary: string, headers: string, content: Buffer) =>
  Buffer.concat([Buffer.from(`--${boundary}\r\n${headers}\r\n\r\n`), content, Buffer.from('\r\n')])

/** Whatever it is: a file, or a refusal that is the sender's to read. */
async function expectAnOutcome(headers: Record<string, string>, body: Buffer): Promise<void> {
  try {
    const { filename, bytes } = await readUploadBody(headers, body)
    expect(typeof filename).toBe('string')
    expect(bytes.length).toBeLessThanOrEqual(body.length)
  } catch (error) {
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ status: expect.toBeOneOf([400, 422]) })
  }
}

describe('a form', () => {
  it('gives its file byte for byte, whatever bytes and boundary it has', async () => {
    const form = boundaries.chain((boundary) => fc.tuple(fc.constant(boundary), difficult(boundary)))
    await fc.assert(
      fc.asyncProperty(form, async ([boundary, content]) => {
        const headers = 'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg'
        const body = Buffer.concat([part(boundary, headers, content), Buffer.from(`--${boundary}--\r\n`)])
        const file = await readUploadBody(typeOf(boundary), body)
        expect(file.filename).toBe('a.jpg')
        expect(Buffer.compare(Buffer.from(file.bytes), content)).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('has an outcome, whatever parts it has', async () => {
    const boundary = 'x-boundary'
    const header = fc.oneof(
      fc.constantFrom(
        'Content-Disposition: form-data; name="file"; filename="a.jpg"',
        'Content-Disposition: form-data; name="file"',
        "Content-Disposition: form-data; name=file; filename*=UTF-8''%FF%00a.jpg",
        'Content-Disposition: form-data; name="file"; filename="../../a\\".jpg"; filename="b"',
        'Content-Disposition: attachment; name="__proto__"; filename="a"',
        'Content-Disposition:',
        'Content-Transfer-Encoding: base64',
        'Content-Type: multipart/mixed; boundary=inner',
        `X-Long: ${'a'.repeat(20_000)}`,
        Array.from({ length: 40 }, (_, index) => `X-${index}: y`).join('\r\n'),
      ),
      fc.string(),
    )
    const parts = fc.array(
      fc
        .tuple(fc.array(header, { maxLength: 4 }), difficult(boundary))
        .map(([headers, content]) => part(boundary, headers.join('\r\n'), content)),
      { maxLength: 5 },
    )
    const ends = fc.constantFrom(`--${boundary}--\r\n`, `--${boundary}--`, `--${boundary}`, `--${boundary}\r\n`, '')
    await fc.assert(
      fc.asyncProperty(parts, ends, (all, end) =>
        expectAnOutcome(typeOf(boundary), Buffer.concat([...all, Buffer.from(end)])),
      ),
      { numRuns: 500 },
    )
  })
})

describe('any request at all', () => {
  const header = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary=""',
      `multipart/form-data; boundary=${'b'.repeat(5_000)}`,
      'multipart/form-data; boundary=b; boundary=c',
      'image/jpeg',
      'IMAGE/*',
      'application/json',
      'sha-256=::',
      'sha-256=:AAAA:, sha-512=:x:',
      '%E4%B8%',
      '%00%ff',
    ),
  )
  const headers = fc.record(
    { 'content-type': header, 'content-digest': header, 'x-filename': header },
    { requiredKeys: [] },
  )

  it('has an outcome', async () => {
    await fc.assert(
      fc.asyncProperty(headers, fc.uint8Array({ maxLength: 200 }), (sent, body) =>
        expectAnOutcome(sent as Record<string, string>, Buffer.from(body)),
      ),
      { numRuns: 500 },
    )
  })
})
