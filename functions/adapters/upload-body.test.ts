import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RequestError } from '../core/errors.ts'
import { readUploadBody } from './upload-body.ts'

type Field = readonly [name: string, value: string | Uint8Array, filename?: string]

/** A form as a browser makes it. */
async function makeForm(...fields: readonly Field[]) {
  const form = new FormData()
  for (const [name, value, filename] of fields) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, new Blob([new Uint8Array(value)], { type: 'image/jpeg' }), filename)
  }
  const encoded = new Response(form)
  return {
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    body: Buffer.from(await encoded.arrayBuffer()),
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64')

describe('a form', () => {
  it('gives its file byte for byte, under the name that it has', async () => {
    const bytes = randomBytes(100_000)
    const { headers, body } = await makeForm(['file', bytes, 'Zürich – 夏.jpg'])
    const file = await readUploadBody(headers, body)
    expect(file.filename).toBe('Zürich – 夏.jpg')
    expect(Buffer.compare(file.bytes, bytes)).toBe(0)
  })

  it('gives an empty file as it is', async () => {
    const { headers, body } = await makeForm(['file', new Uint8Array(), 'empty.jpg'])
    expect((await readUploadBody(headers, body)).bytes).toHaveLength(0)
  })

  it.each<readonly [string, readonly Field[], string]>([
    ['nothing', [], 'none'],
    ['another field', [['photo', new Uint8Array(3), 'a.jpg']], '"photo"'],
    ['text as its file', [['file', 'text']], '"file"'],
    [
      'one field more',
      [
        ['file', new Uint8Array(3), 'a.jpg'],
        ['title', 'Sea'],
      ],
      '"file", "title"',
    ],
    [
      'two files',
      [
        ['file', new Uint8Array(3), 'a.jpg'],
        ['file', new Uint8Array(3), 'b.jpg'],
      ],
      '"file", "file"',
    ],
  ])('is refused with %s, saying what came', async (_what, fields, received) => {
    const { headers, body } = await makeForm(...fields)
    await expect(readUploadBody(headers, body)).rejects.toMatchObject({
      status: 400,
      code: 'invalid_request',
      message: expect.stringContaining(`received ${received}.`),
    })
  })

  it('is refused without a boundary', async () => {
    const { body } = await makeForm(['file', new Uint8Array(3), 'a.jpg'])
    await expect(readUploadBody({ 'content-type': 'multipart/form-data' }, body)).rejects.toMatchObject({ status: 400 })
  })

  it('is read or refused, and never hangs, wherever it is cut off or spoilt', async () => {
    const { headers, body } = await makeForm(['file', randomBytes(300), 'a.jpg'])
    const spoilt = fc.record({
      length: fc.nat(body.length),
      at: fc.nat(body.length - 1),
      byte: fc.option(fc.nat(255), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(spoilt, async ({ length, at, byte }) => {
        const bytes = Buffer.from(body)
        if (byte !== undefined) bytes[at] = byte
        await readUploadBody(headers, bytes.subarray(0, length)).catch((error) =>
          expect(error).toBeInstanceOf(RequestError),
        )
      }),
      { numRuns: 500 },
    )
  })
})

describe('a bare body', () => {
  it('is the file, with its name in a header of its own', async () => {
    const bytes = randomBytes(10)
    const headers = { 'content-type': 'image/jpeg', 'x-filename': encodeURIComponent('Zürich – 夏.jpg') }
    expect(await readUploadBody(headers, bytes)).toEqual({ filename: 'Zürich – 夏.jpg', bytes })
    expect(await readUploadBody({ 'content-type': 'image/png' }, bytes)).toEqual({ filename: '', bytes })
  })

  it('is refused with a name that is not percent-encoded', async () => {
    const headers = { 'content-type': 'image/jpeg', 'x-filename': '100%' }
    await expect(readUploadBody(headers, new Uint8Array(3))).rejects.toMatchObject({ code: 'invalid_request' })
  })

  it.each([['application/json'], ['text/plain'], [undefined]])('is refused as %s', async (type) => {
    await expect(readUploadBody({ 'content-type': type }, new Uint8Array(3))).rejects.toMatchObject({
      status: 400,
      code: 'invalid_request',
    })
  })
})

describe('a declared digest', () => {
  const bytes = randomBytes(100)
  const send = (digest: string) =>
    readUploadBody({ 'content-type': 'image/jpeg', 'content-digest': digest }, bytes).then(
      () => 'taken',
      (error: RequestError) => error.code,
    )

  it('has to be that of the body', async () => {
    expect(await send(`sha-256=:${sha256(bytes)}:`)).toBe('taken')
    expect(await send(`sha-512=:AAAA:, sha-256=:${sha256(bytes)}:`)).toBe('taken')
    expect(await send(`sha-256=:${sha256(randomBytes(1))}:`)).toBe('checksum_mismatch')
    expect(await send('sha-256=::')).toBe('checksum_mismatch')
  })

  it('of another kind is not looked at', async () => {
    expect(await send('sha-512=:AAAA:')).toBe('taken')
  })
})
