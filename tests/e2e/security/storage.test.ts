import { createHash, randomBytes } from 'node:crypto'
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { Image } from '@glowworm/events/image'
import { beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { callers } from '../../support/callers.ts'
import { underTest } from '../../support/cloud-under-test.ts'
import { makePicture } from '../../support/pictures.ts'
import { type RawAnswer, rawRequest } from '../../support/raw-request.ts'
import { settled, sha256, upload } from '../../support/uploading.ts'

let api: ApiClient
let known: Awaited<ReturnType<typeof callers>>
/** A complete image, the places of its files, and a presigned GET of its original. */
let image: Image
let file: string
let storage: { readonly originals: string; readonly renditions: string }
let presignedGet: string

beforeAll(async () => {
  const { url, admin_email, admin_password } = underTest().cloud
  api = await ApiClient.signIn(url, admin_email, admin_password)
  known = await callers()
  const picture = await makePicture({ width: 200, height: 150 })
  await upload(api, picture)
  image = await settled(api, sha256(picture))
  file = Object.values(image.renditions)[0]?.url ?? ''
  presignedGet = await original()
  const { Buckets = [] } = await new S3Client({ ...underTest().aws, forcePathStyle: true }).send(
    new ListBucketsCommand(),
  )
  const bucket = (part: string) => Buckets.find(({ Name }) => Name?.toLowerCase().includes(part))?.Name
  storage = {
    originals: new URL(presignedGet).origin + new URL(presignedGet).pathname,
    renditions: `${underTest().aws.endpoint}/${bucket('renditions')}${file}`,
  }
})

async function original(): Promise<string> {
  const { headers } = await rawRequest(`${underTest().cloud.url}/api/images/${image.id}/original`, {
    headers: known.admin,
  })
  return String(headers.location)
}

describe('the CDN', () => {
  const site = () => underTest().cloud.url
  /** What is public is so for everybody, and for reading only. */
  const places: readonly (readonly [what: string, path: () => string, status: number])[] = [
    ['the site', () => '/', 200],
    ['a page of the site', () => '/settings', 200],
    ['a file of the site that is not there', () => '/_app/nothing.js', 404],
    ['a rendition', () => file, 200],
    ['a rendition that is not there', () => file.replace(/\.[0-9a-f]{8}\./, '.00000000.'), 404],
    ['the short address of a rendition', () => `/media/${image.id}/150`, 302],
    ['the folder of an image', () => `/media/${image.id}/`, 404],
    ['an original by way of the renditions', () => `/media/..%2Foriginals%2F${image.id}.a.b`, 404],
    ['a file of this machine', () => '/..%2f..%2fpackage.json', 403],
    ['a file of this machine, as a rendition', () => '/media/%2e%2e/%2e%2e/etc/pass.w.d', 404],
    ['a hidden file', () => '/.env', 403],
  ]

  it.each(places)('shows %s to everybody alike: %s %i', async (_what, path, expected) => {
    for (const caller of ['anonymous', 'tampered token', 'no admin', 'admin', "admin's cookie, other site"] as const) {
      expect((await rawRequest(site() + path(), { headers: known[caller] })).status, caller).toBe(expected)
    }
  })

  it.each(places.slice(0, 5))('lets nobody change %s', async (_what, path) => {
    for (const method of ['PUT', 'POST', 'DELETE', 'PATCH']) {
      expect((await rawRequest(site() + path(), { method, headers: known.admin, body: 'x' })).status, method).toBe(403)
    }
  })
})

describe('storage, asked directly', () => {
  const objects = ['originals', 'renditions'] as const

  it.each(objects)('gives, takes and lists nothing of the %s without a signature', async (kind) => {
    const bucket = storage[kind].split('/').slice(0, 4).join('/')
    for (const caller of ['anonymous', 'no admin', 'admin', 'admin by cookie'] as const) {
      // A token of ours is no signature; `Authorization: Bearer` is not even the shape of one.
      const headers = known[caller]
      const answers = await Promise.all([
        ...['GET', 'HEAD', 'DELETE'].map((method) => rawRequest(storage[kind], { method, headers })),
        rawRequest(storage[kind], { method: 'PUT', headers, body: 'x' }),
        rawRequest(bucket, { headers }),
        rawRequest(`${bucket}?list-type=2`, { headers }),
        rawRequest(`${bucket}?delete`, { method: 'POST', headers, body: '<Delete/>' }),
        rawRequest(`${bucket}?policy`, { headers }),
      ])
      for (const { status } of answers) expect([400, 403], caller).toContain(status)
    }
  })

  it.each(objects)('knows no stranger who signs for the %s', async (kind) => {
    const [, bucket = '', ...key] = new URL(storage[kind]).pathname.split('/')
    const stranger = new S3Client({
      ...underTest().aws,
      forcePathStyle: true,
      credentials: { accessKeyId: 'local', secretAccessKey: 'guessed' },
    })
    const input = { Bucket: bucket, Key: key.join('/') }
    await expect(stranger.send(new GetObjectCommand(input))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' })
  })
})

/** As if it had been signed at the beginning of the day. */
function earlier(url: URL): void {
  const date = url.searchParams.get('X-Amz-Date') ?? ''
  url.searchParams.set('X-Amz-Date', `${date.slice(0, 9)}000000Z`)
}

describe('a presigned GET of an original', () => {
  const rows: Readonly<Record<string, { status: number; change?: (url: URL) => void; method?: string }>> = {
    'as it was signed': { status: 200 },
    'for another key': { status: 403, change: (url) => (url.pathname += 'x') },
    'for another bucket': { status: 403, change: (url) => (url.pathname = `/other${url.pathname}`) },
    'for longer': { status: 403, change: (url) => url.searchParams.set('X-Amz-Expires', '604800') },
    'from another time': { status: 403, change: earlier },
    'under another name': {
      status: 403,
      change: (url) => url.searchParams.set('response-content-disposition', 'inline; filename="x.html"'),
    },
    'as another type': { status: 403, change: (url) => url.searchParams.set('response-content-type', 'text/html') },
    'with another signature': { status: 403, change: (url) => url.searchParams.set('X-Amz-Signature', '0'.repeat(64)) },
    'without its signature': { status: 403, change: (url) => url.searchParams.delete('X-Amz-Signature') },
    'as a PUT': { status: 403, method: 'PUT' },
    'as a DELETE': { status: 403, method: 'DELETE' },
  }

  it.each(Object.entries(rows))('%s: $status', async (_what, { status, change, method = 'GET' }) => {
    const url = new URL(presignedGet)
    change?.(url)
    expect((await rawRequest(url.href, { method })).status).toBe(status)
  })

  it('is good for five minutes', () => {
    expect(new URL(presignedGet).searchParams.get('X-Amz-Expires')).toBe(String(5 * 60))
  })
})

describe('a presigned PUT of an original', () => {
  interface Put {
    readonly url: URL
    readonly headers: Record<string, string>
    body: Buffer
    method?: string
  }
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64')
  const checksum = 'x-amz-checksum-sha256'

  /** What is changed about a PUT that would be taken, and what storage says to it. */
  const rows: Readonly<Record<string, { status: number; change?: (put: Put) => void }>> = {
    'as it was signed': { status: 200 },
    'for another key': { status: 403, change: ({ url }) => (url.pathname += 'x') },
    "for another image's key": {
      status: 403,
      change: ({ url }) => (url.pathname = new URL(storage.originals).pathname),
    },
    'for longer': { status: 403, change: ({ url }) => url.searchParams.set('X-Amz-Expires', '604800') },
    'from another time': {
      status: 403,
      change: ({ url }) => earlier(url),
    },
    'without its signature': { status: 403, change: ({ url }) => url.searchParams.delete('X-Amz-Signature') },
    'with fewer signed headers': {
      status: 403,
      change: ({ url }) => url.searchParams.set('X-Amz-SignedHeaders', 'host'),
    },
    'with other bytes of the same length': {
      status: 400,
      change: (put) => (put.body = randomBytes(put.body.length)),
    },
    'with other bytes and their checksum': {
      status: 403,
      change: (put) => {
        put.body = randomBytes(put.body.length)
        put.headers[checksum] = digest(put.body)
      },
    },
    'without a checksum': {
      status: 403,
      change: ({ headers }) => {
        delete headers[checksum]
      },
    },
    'with more bytes': { status: 403, change: (put) => (put.body = Buffer.concat([put.body, Buffer.alloc(1)])) },
    'with fewer bytes': { status: 403, change: (put) => (put.body = put.body.subarray(1)) },
    'as another type': { status: 403, change: ({ headers }) => (headers['content-type'] = 'text/html') },
    'open to the public': { status: 403, change: ({ headers }) => (headers['x-amz-acl'] = 'public-read') },
    'as a GET': { status: 403, change: (put) => (put.method = 'GET') },
    'as a DELETE': { status: 403, change: (put) => (put.method = 'DELETE') },
  }

  async function begin() {
    const bytes = await makePicture({ width: 64, height: 48 })
    const begun = await api.beginUpload({
      filename: 'photo.jpg',
      size: bytes.length,
      content_type: 'image/jpeg',
      sha256: sha256(bytes),
    })
    if (!('upload' in begun)) throw new Error('Expected an upload to begin')
    return { bytes, upload: begun.upload }
  }

  function send({ url, headers, body, method = 'PUT' }: Put): Promise<RawAnswer> {
    const hasBody = method === 'PUT'
    return rawRequest(url.href, { method, headers, ...(hasBody && { body }) })
  }

  it.each(Object.entries(rows))('%s: $status', async (_what, { status, change }) => {
    const { bytes, upload: begun } = await begin()
    const headers = Object.fromEntries(
      Object.entries(begun.headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    const put: Put = { url: new URL(begun.url), headers, body: bytes }
    change?.(put)
    const answer = await send(put)
    expect(answer.status, answer.text).toBe(status)
    if (status === 200) return
    // And nothing has arrived.
    await expect(api.completeUpload(begun.id)).rejects.toMatchObject({ status: 409, code: 'upload_not_received' })
  })

  it('has an end, which storage keeps to', async () => {
    const { bytes, upload: begun } = await begin()
    const [, Bucket = '', ...key] = new URL(begun.url).pathname.split('/')
    const client = new S3Client({
      ...underTest().aws,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    })
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: key.join('/') }), {
      signingDate: new Date(Date.now() - 120_000),
      expiresIn: 60,
    })
    const { status, text } = await send({ url: new URL(url), headers: {}, body: bytes })
    expect({ status, text }).toEqual({ status: 403, text: expect.stringMatching(/AccessDenied.*expired/s) })
    expect(Number(new URL(begun.url).searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(3600)
  })
})
