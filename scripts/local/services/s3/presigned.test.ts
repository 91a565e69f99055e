import { createHash } from 'node:crypto'
import { GetObjectCommand, PutObjectCommand, type PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, test } from 'vitest'
import type { CorsRule } from '../../model.ts'
import { bucket, cloudModel } from '../testing/cloud-model.ts'
import { startServicesUnderTest } from '../testing/services-under-test.ts'

const body = 'the bytes of a photo'
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64')
const target = { Bucket: 'originals', Key: 'originals/ä b' }

const uploadRule: CorsRule = {
  allowedOrigins: ['https://*.example.com', 'http://localhost:5173'],
  allowedMethods: ['PUT', 'GET'],
  allowedHeaders: ['content-type', 'x-amz-*'],
  exposedHeaders: ['ETag'],
  maxAgeSeconds: 600,
}

async function storageUnderTest() {
  const services = await startServicesUnderTest({
    model: (url) => cloudModel(url, { buckets: [bucket('originals', [uploadRule])] }),
  })
  const s3 = new S3Client({ ...services.client, requestChecksumCalculation: 'WHEN_REQUIRED' })
  return { services, s3 }
}

/** A PUT whose length, type and checksum are signed headers, as browsers send them. */
function signPut(s3: S3Client, changes: Partial<PutObjectCommandInput> = {}, options: object = {}): Promise<string> {
  const command = new PutObjectCommand({
    ...target,
    ContentLength: body.length,
    ContentType: 'image/jpeg',
    ChecksumSHA256: sha256(body),
    ...changes,
  })
  return getSignedUrl(s3, command, {
    expiresIn: 900,
    unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
    signableHeaders: new Set(['content-length', 'content-type', 'host', 'x-amz-checksum-sha256']),
    ...options,
  })
}

/** A POST that deletes, as any page could sign it: with no header that a browser would ask for first. */
async function signDeleteObjects(s3: S3Client, endpoint: string): Promise<string> {
  const { hostname, port, host } = new URL(endpoint)
  const path = `/${target.Bucket}`
  const query = { delete: '' }
  const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
  const notSigned = new Set(['x-amz-content-sha256'])
  const { credentials, region, sha256 } = s3.config
  const signer = new SignatureV4({ credentials, region, sha256, service: 's3', uriEscapePath: false })
  const signed = await signer.presign(
    { method: 'POST', protocol: 'http:', hostname, port: Number(port), path, query, headers },
    { unhoistableHeaders: notSigned, unsignableHeaders: notSigned },
  )
  return `${endpoint}${path}?${new URLSearchParams(signed.query as Record<string, string>)}`
}

const signedHeaders = { 'content-type': 'image/jpeg', 'x-amz-checksum-sha256': sha256(body) }

async function put(url: string, text = body, headers: Record<string, string> = signedHeaders) {
  const response = await fetch(url, { method: 'PUT', body: text, headers })
  return { status: response.status, code: /<Code>(.*)<\/Code>/.exec(await response.text())?.[1] ?? null }
}

describe('a presigned PUT', () => {
  test('takes exactly the declared bytes', async () => {
    const { s3, services } = await storageUnderTest()
    expect(await put(await signPut(s3))).toEqual({ status: 200, code: null })
    expect(services.objects.stat(target.Bucket, target.Key)).toMatchObject({
      size: body.length,
      contentType: 'image/jpeg',
      checksum: { algorithm: 'sha256', value: sha256(body) },
    })
  })

  test('refuses everything else, and stores nothing', async () => {
    const { s3, services } = await storageUnderTest()
    const url = await signPut(s3)
    const longer = `${body}!`
    const other = body.toUpperCase()
    const tampered = (name: string, value: string) => {
      const changed = new URL(url)
      changed.searchParams.set(name, value)
      return changed.href.replaceAll('+', '%20')
    }
    expect(await put(url, longer)).toEqual({ status: 403, code: 'SignatureDoesNotMatch' })
    expect(await put(url, other)).toEqual({ status: 400, code: 'BadDigest' })
    expect(await put(url, other, { ...signedHeaders, 'x-amz-checksum-sha256': sha256(other) })).toEqual({
      status: 403,
      code: 'SignatureDoesNotMatch',
    })
    expect(await put(url, body, { ...signedHeaders, 'content-type': 'text/html' })).toMatchObject({ status: 403 })
    expect(await put(url, body, { 'content-type': 'image/jpeg' })).toMatchObject({ status: 403 })
    expect(await put(url, body, { ...signedHeaders, 'x-amz-meta-owner': 'me' })).toEqual({
      status: 403,
      code: 'AccessDenied',
    })
    expect(await put(tampered('X-Amz-Expires', '604800'))).toEqual({ status: 403, code: 'SignatureDoesNotMatch' })
    expect(await put(tampered('X-Amz-Signature', '0'.repeat(64)))).toMatchObject({ status: 403 })
    expect(await put(tampered('X-Amz-Credential', 'other/20260101/us-east-1/s3/aws4_request'))).toMatchObject({
      status: 400,
    })
    expect(await put(url.replace('originals/originals', 'originals/other'))).toMatchObject({ status: 403 })
    expect((await fetch(url)).status).toBe(403)
    expect(services.objects.stat(target.Bucket, target.Key)).toBeNull()
  })

  test('ends with its time and does not begin before it', async () => {
    const { s3 } = await storageUnderTest()
    const hourAgo = new Date(Date.now() - 3_600_000)
    const expired = await signPut(s3, {}, { signingDate: hourAgo })
    const response = await fetch(expired, { method: 'PUT', body, headers: signedHeaders })
    expect(response.status).toBe(403)
    expect(await response.text()).toMatch(/<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/)
    const inAnHour = new Date(Date.now() + 3_600_000)
    expect(await put(await signPut(s3, {}, { signingDate: inAnHour }))).toEqual({ status: 403, code: 'AccessDenied' })
    expect(await put(await signPut(s3, {}, { signingDate: hourAgo, expiresIn: 7200 }))).toMatchObject({ status: 200 })
  })

  test('reads a checksum that the signer has moved into the query', async () => {
    const { s3 } = await storageUnderTest()
    const url = await getSignedUrl(s3, new PutObjectCommand({ ...target, ChecksumSHA256: sha256(body) }))
    expect(url).toContain('x-amz-checksum-sha256')
    expect(await put(url, 'other', {})).toEqual({ status: 400, code: 'BadDigest' })
    expect(await put(url, body, {})).toEqual({ status: 200, code: null })
  })

  test('of other credentials is refused', async () => {
    const { services } = await storageUnderTest()
    const signedWith = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
      signPut(new S3Client({ ...services.client, credentials }))
    const wrongSecret = await signedWith({ accessKeyId: 'local', secretAccessKey: 'guess' })
    expect(await put(wrongSecret)).toEqual({ status: 403, code: 'SignatureDoesNotMatch' })
    const wrongKey = await signedWith({ accessKeyId: 'other', secretAccessKey: 'local-secret' })
    expect(await put(wrongKey)).toEqual({ status: 403, code: 'InvalidAccessKeyId' })
  })
})

describe('a presigned GET', () => {
  test('overrides the headers that it names', async () => {
    const { s3 } = await storageUnderTest()
    await put(await signPut(s3))
    const url = await getSignedUrl(
      s3,
      new GetObjectCommand({
        ...target,
        ResponseContentDisposition: `attachment; filename="a b.jpg"; filename*=UTF-8''%C3%A4.jpg`,
        ResponseContentType: 'application/octet-stream',
      }),
    )
    const response = await fetch(url)
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="a b.jpg"; filename*=UTF-8''%C3%A4.jpg`,
    )
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(await response.text()).toBe(body)
  })

  test('cannot smuggle in header lines', async () => {
    const { s3 } = await storageUnderTest()
    await put(await signPut(s3))
    const command = new GetObjectCommand({ ...target, ResponseContentType: 'text/html\r\nset-cookie: a=b' })
    const response = await fetch(await getSignedUrl(s3, command))
    expect(response.status).toBe(400)
    expect(response.headers.get('set-cookie')).toBeNull()
  })

  test('is needed: nobody reads without a signature', async () => {
    const { s3, services } = await storageUnderTest()
    await put(await signPut(s3))
    const response = await fetch(`${services.url}/originals/${encodeURIComponent(target.Key)}`)
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('<Code>AccessDenied</Code>')
    expect((await fetch(services.url)).status).toBe(403)
  })
})

describe('CORS', () => {
  const preflight = (url: string, origin: string, method: string, headers = '') =>
    fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        ...(headers !== '' && { 'access-control-request-headers': headers }),
      },
    })

  test('lets allowed origins, methods and headers through', async () => {
    const { s3 } = await storageUnderTest()
    const url = await signPut(s3)
    const response = await preflight(url, 'https://app.example.com', 'PUT', 'Content-Type, X-Amz-Checksum-Sha256')
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-methods': 'PUT, GET',
      'access-control-allow-headers': 'content-type, x-amz-checksum-sha256',
      'access-control-max-age': '600',
    })
    const stored = await fetch(url, {
      method: 'PUT',
      body,
      headers: { ...signedHeaders, origin: 'http://localhost:5173' },
    })
    expect(Object.fromEntries(stored.headers)).toMatchObject({
      'access-control-allow-origin': 'http://localhost:5173',
      'access-control-expose-headers': 'ETag',
      vary: expect.stringContaining('Origin'),
    })
  })

  test('is on refusals too, so that pages can read why', async () => {
    const { s3 } = await storageUnderTest()
    const url = await signPut(s3)
    const headers = { ...signedHeaders, origin: 'http://localhost:5173' }
    const refused = await fetch(url, { method: 'PUT', body: body.toUpperCase(), headers })
    expect(refused.status).toBe(400)
    expect(refused.headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
  })

  test('keeps a page from what a browser does not ask for first, whatever it has signed', async () => {
    const { s3, services } = await storageUnderTest()
    await put(await signPut(s3))
    const url = await signDeleteObjects(s3, services.url)
    const text = `<Delete><Object><Key>${target.Key}</Key></Object></Delete>`
    const post = (headers: Record<string, string>) => fetch(url, { method: 'POST', body: text, headers })
    for (const origin of ['https://evil.com', 'null', 'https://app.example.com']) {
      const answer = await post({ 'content-type': 'text/plain', origin })
      expect(answer.status, await answer.text()).toBe(403)
      expect(services.objects.stat(target.Bucket, target.Key)).not.toBeNull()
    }
    expect((await post({})).status).toBe(200)
    expect(services.objects.stat(target.Bucket, target.Key)).toBeNull()
  })

  test('refuses the rest', async () => {
    const { s3 } = await storageUnderTest()
    const url = await signPut(s3)
    for (const [origin, method, headers] of [
      ['https://evil.com', 'PUT', 'content-type'],
      ['https://app.example.com.evil.com', 'PUT', 'content-type'],
      ['https://app.example.com', 'DELETE', 'content-type'],
      ['https://app.example.com', 'PUT', 'authorization'],
    ] as const) {
      const response = await preflight(url, origin, method, headers)
      expect(response.status).toBe(403)
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
    const stored = await fetch(url, { method: 'PUT', body, headers: { ...signedHeaders, origin: 'https://evil.com' } })
    expect(stored.headers.get('access-control-allow-origin')).toBeNull()
  })
})
