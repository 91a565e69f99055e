import { randomBytes } from 'node:crypto'
import { limits } from '@glowworm/events/vocabulary'
import { beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../../scripts/client/api-client.ts'
import { underTest } from '../support/cloud-under-test.ts'
import { makePicture } from '../support/pictures.ts'
import { settled, sha256 } from '../support/uploading.ts'

let api: ApiClient
let site: string
beforeAll(async () => {
  const { url, admin_email, admin_password } = underTest().cloud
  site = url
  api = await ApiClient.signIn(url, admin_email, admin_password)
})

async function call(method: string, path: string, body?: string | FormData, headers: Record<string, string> = {}) {
  const response = await fetch(site + path, {
    method,
    headers: { authorization: `Bearer ${api.accessToken}`, ...headers },
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, answer: text === '' ? null : JSON.parse(text) }
}

const json = { 'content-type': 'application/json' }
const begin = (body: object) => call('POST', '/api/uploads', JSON.stringify(body), json)

function form(bytes: Uint8Array, filename: string): FormData {
  const data = new FormData()
  data.append('file', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), filename)
  return data
}

const declare = (bytes: Buffer, over: object = {}) => ({
  filename: 'photo.jpg',
  size: bytes.length,
  content_type: 'image/jpeg',
  sha256: sha256(bytes),
  ...over,
})

async function put(upload: { url: string; headers: Record<string, string> }, bytes: Buffer) {
  const response = await fetch(upload.url, {
    method: 'PUT',
    headers: upload.headers,
    body: new Uint8Array(bytes),
  })
  return { status: response.status, text: await response.text() }
}

const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>')

describe('an upload through the API is refused, and nothing of it is stored', () => {
  it.each([
    ['an empty file', Buffer.alloc(0), 'photo.jpg', 415, 'unsupported_format'],
    ['an SVG under the name of a JPEG', svg, 'photo.jpg', 415, 'unsupported_format'],
    ['plain text', Buffer.from('I am a photo. Really.'), 'photo.jpg', 415, 'unsupported_format'],
    ['a JPEG without a picture in it', Buffer.from('ffd8ffd9', 'hex'), 'photo.jpg', 422, 'corrupt_image'],
  ])('%s', async (_what, bytes, filename, status, code) => {
    const { status: got, answer } = await call('POST', '/api/images/upload', form(bytes, filename))
    expect(answer).toMatchObject({ error: { code, message: expect.any(String) }, request_id: expect.any(String) })
    expect(got).toBe(status)
    expect((await call('GET', `/api/images/${sha256(bytes)}`)).status).toBe(404)
  })

  it('more than 4.5 MB, with the name of the call that takes it', async () => {
    const { status, answer } = await call('POST', '/api/images/upload', form(randomBytes(4_600_000), 'big.jpg'))
    expect(status).toBe(413)
    expect(answer.error).toMatchObject({ code: 'payload_too_large', message: expect.stringContaining('/api/uploads') })
  })

  it('more than a function can be called with, just the same', async () => {
    const { status, answer } = await call('POST', '/api/images/upload', form(randomBytes(5_000_000), 'bigger.jpg'))
    expect(status).toBe(413)
    expect(answer).toMatchObject({
      error: { code: 'payload_too_large', message: expect.stringContaining('/api/uploads') },
      request_id: expect.any(String),
    })
  })

  it('a body that is not a form', async () => {
    const { status, answer } = await call('POST', '/api/images/upload', 'hello', json)
    expect({ status, code: answer.error.code }).toEqual({ status: 400, code: 'invalid_request' })
  })
})

describe('beginning an upload is refused', () => {
  const bytes = Buffer.from('some bytes')
  it.each([
    ['bad JSON', '{"filename":', 400, 'invalid_request'],
    ['an unknown field', JSON.stringify(declare(bytes, { admin: true })), 400, 'invalid_request'],
    ['a hash that is none', JSON.stringify(declare(bytes, { sha256: 'abc' })), 400, 'invalid_request'],
    ['a size below zero', JSON.stringify(declare(bytes, { size: -1 })), 400, 'invalid_request'],
    ['an empty file', JSON.stringify(declare(bytes, { size: 0 })), 415, 'unsupported_format'],
    ['101 MB', JSON.stringify(declare(bytes, { size: 101 * 1024 * 1024 })), 413, 'payload_too_large'],
  ])('for %s', async (_what, body, status, code) => {
    const { status: got, answer } = await call('POST', '/api/uploads', body, json)
    expect(answer.error).toMatchObject({ code, message: expect.any(String) })
    expect(got).toBe(status)
  })

  it('but not for exactly 100 MB', async () => {
    expect((await begin(declare(bytes, { size: limits.originalBytes, sha256: sha256(randomBytes(8)) }))).status).toBe(
      201,
    )
  })
})

describe('what was sent straight to storage is looked at before it is accepted', () => {
  it.each([
    ['an SVG', svg, 415, 'unsupported_format'],
    ['text', Buffer.from('no picture at all'), 415, 'unsupported_format'],
  ])('%s is refused, and deleted', async (_what, bytes, status, code) => {
    const { answer } = await begin(declare(bytes))
    expect((await put(answer.upload, bytes)).status).toBe(200)
    const completed = await call('POST', `/api/uploads/${answer.upload.id}/complete`)
    expect(completed.answer.error).toMatchObject({ code })
    expect(completed.status).toBe(status)
    expect((await call('GET', `/api/images/${sha256(bytes)}`)).status).toBe(404)
    const again = await call('POST', `/api/uploads/${answer.upload.id}/complete`)
    expect([again.status, again.answer.error]).toEqual([status, completed.answer.error])
  })

  it('completing an upload that never began is refused', async () => {
    const { status, answer } = await call('POST', '/api/uploads/01KAQ9ZXH00000000000000000/complete')
    expect({ status, code: answer.error.code }).toEqual({ status: 404, code: 'upload_not_found' })
  })
})

describe('a file name is kept and never trusted', () => {
  it.each([
    ['with a path in it', '../../etc/passwd.jpg', 'passwd.jpg'],
    ['with a path of Windows in it', 'C:\\Users\\me\\photo.jpg', 'photo.jpg'],
    ['in other letters', 'Ελλάδα 夏 😀.jpg', 'Ελλάδα 夏 😀.jpg'],
    ['with control characters', 'a\u0000b\u001b[31mc\n.jpg', 'ab[31mc.jpg'],
  ])('%s', async (_what, sent, kept) => {
    const bytes = await makePicture({ width: 32, height: 32 })
    const { answer } = await begin(declare(bytes, { filename: sent }))
    expect((await put(answer.upload, bytes)).status).toBe(200)
    const completed = await call('POST', `/api/uploads/${answer.upload.id}/complete`)
    expect(completed.answer.data.original_filename).toBe(kept)
    expect(await settled(api, sha256(bytes))).toMatchObject({ processing_status: 'complete', original_filename: kept })
  })
})
