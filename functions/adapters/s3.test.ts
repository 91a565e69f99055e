import { createServer } from 'node:http'
import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { afterAll, describe, expect, test } from 'vitest'
import type { PendingUpload } from '../core/ports.ts'
import { s3 } from './aws-clients.ts'
import { s3Originals } from './s3-originals.ts'
import { s3Renditions } from './s3-renditions.ts'
import { listening, startMessaging } from './testing/aws-stand-ins.ts'
import { anImage, sha256 } from './testing/records.ts'

const client = s3(await startMessaging())
const noon = new Date('2026-11-01T12:00:00.000Z')
for (const Bucket of ['originals', 'renditions']) await client.send(new CreateBucketCommand({ Bucket }))

/** What leaves the client, by name of the command. */
const requests: { command: string; headers: Record<string, string> }[] = []
client.middlewareStack.add(
  (next, { commandName }) =>
    async (args) => {
      requests.push({
        command: commandName ?? '',
        headers: (args.request as { headers: Record<string, string> }).headers,
      })
      return next(args)
    },
  { step: 'finalizeRequest', priority: 'low' },
)

describe('originals', () => {
  const originals = s3Originals({ client, bucket: 'originals', now: () => noon })
  const about = { sha256: sha256('x'), contentType: 'image/jpeg' }
  const pattern = (length: number) => Uint8Array.from({ length }, (_, at) => at % 251)

  test('are stored with their type and their SHA-256 for storage to check', async () => {
    requests.length = 0
    await originals.put('originals/a/1', pattern(10), about)
    expect(requests[0]?.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'x-amz-checksum-sha256': Buffer.from(about.sha256, 'hex').toString('base64'),
    })
    expect(Object.keys(requests[0]?.headers ?? {}).filter((name) => /crc/.test(name))).toEqual([])
    expect(Buffer.from(await originals.read('originals/a/1')).equals(pattern(10))).toBe(true)
  })

  test('are missing with a code that says so', async () => {
    await expect(originals.read('originals/none')).rejects.toMatchObject({ code: 'original_missing' })
    expect(await originals.open('originals/none')).toBeNull()
  })

  test('are listed page by page in the order of their keys, with their age', async () => {
    const before = Date.now()
    for (const key of ['originals/list/b', 'originals/list/a']) await originals.put(key, pattern(1), about)
    const { objects, next } = await originals.list('originals/list/')
    expect(objects.map(({ key }) => key)).toEqual(['originals/list/a', 'originals/list/b'])
    for (const { lastModified } of objects) expect(Math.abs(lastModified.getTime() - before)).toBeLessThan(60_000)
    expect(next).toBeNull()
    expect((await originals.list('originals/list/a')).objects).toEqual(objects.slice(1))
  })

  test('exist or not', async () => {
    await originals.put('originals/a/here', pattern(1), about)
    expect(await originals.exists('originals/a/here')).toBe(true)
    expect(await originals.exists('originals/a/gone')).toBe(false)
  })

  test('are deleted, however often', async () => {
    await originals.put('originals/a/2', pattern(10), about)
    await originals.delete('originals/a/2')
    await originals.delete('originals/a/2')
    expect(await originals.open('originals/a/2')).toBeNull()
  })

  test('open with one read, which is kept and gives the size as well', async () => {
    await originals.put('originals/a/3', pattern(200_000), about)
    requests.length = 0
    const source = await originals.open('originals/a/3')
    expect(source?.size).toBe(200_000)
    expect(await source?.read(0, 65_536)).toEqual(pattern(200_000).slice(0, 65_536))
    expect(await source?.read(65_000, 536)).toEqual(pattern(200_000).slice(65_000, 65_536))
    expect(requests.map(({ command, headers }) => [command, headers.range])).toEqual([
      ['GetObjectCommand', 'bytes=0-65535'],
    ])
  })

  test('read from elsewhere move only what was asked for', async () => {
    await originals.put('originals/a/4', pattern(200_000), about)
    const source = await originals.open('originals/a/4')
    requests.length = 0
    expect(Buffer.from((await source?.read(150_000, 100)) ?? [])).toEqual(
      Buffer.from(pattern(200_000).slice(150_000, 150_100)),
    )
    expect(Buffer.from((await source?.read(65_500, 100)) ?? [])).toEqual(
      Buffer.from(pattern(200_000).slice(65_500, 65_600)),
    )
    expect(requests.map(({ headers }) => headers.range)).toEqual(['bytes=150000-150099', 'bytes=65500-65599'])
  })

  test('end where they end', async () => {
    await originals.put('originals/a/5', pattern(1_000), about)
    const source = await originals.open('originals/a/5')
    expect(source?.size).toBe(1_000)
    expect(await source?.read(990, 100)).toEqual(pattern(1_000).slice(990))
    expect(await source?.read(1_000, 1)).toHaveLength(0)
    expect(await source?.read(5_000, 1)).toHaveLength(0)
  })

  test('that break off half-way may be there the next time, and are no fault of ours', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(206, { 'content-length': '1000', 'content-range': 'bytes 0-999/1000' })
      response.write('only this much', () => response.destroy())
    })
    afterAll(() => server.close())
    const broken = s3Originals({ client: s3(await listening(server)), bucket: 'originals', now: () => noon })
    await expect(broken.read('originals/a/9')).rejects.toMatchObject({ code: 'storage_unavailable' })
    await expect(broken.open('originals/a/9')).rejects.toMatchObject({ code: 'storage_unavailable' })
  })

  test('may be empty', async () => {
    await originals.put('originals/a/6', new Uint8Array(), about)
    const source = await originals.open('originals/a/6')
    expect(source?.size).toBe(0)
    expect(await source?.read(0, 10)).toHaveLength(0)
  })
})

describe('the URL of an upload', () => {
  const originals = s3Originals({ client, bucket: 'originals', now: () => noon })
  const upload: PendingUpload = {
    id: '01J00000000000000000000000',
    sha256: sha256('photo.jpg'),
    filename: 'photo.jpg',
    size: 123_456,
    content_type: 'image/jpeg',
    original_key: 'originals/a/7',
    created_at: noon.toISOString(),
    expires_at: '2026-11-01T13:00:00.000Z',
    correlation_id: 'correlation-1',
  }
  const checksum = Buffer.from(upload.sha256, 'hex').toString('base64')

  test('binds key, length, type and SHA-256 as signed headers, and nothing that the client does not know of', async () => {
    const { method, url, headers } = await originals.signPut(upload)
    const { pathname, searchParams } = new URL(url)
    expect(method).toBe('PUT')
    expect(pathname).toBe('/originals/originals/a/7')
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host;x-amz-checksum-sha256')
    expect(headers).toEqual({ 'content-type': 'image/jpeg', 'x-amz-checksum-sha256': checksum })
    // A checksum in the query would be one that S3 does not check.
    expect([...searchParams.keys()].filter((name) => /checksum|crc/i.test(name))).toEqual([])
  })

  test('signs the values: another length, type or sum is another signature', async () => {
    const signatureOf = async (change: Partial<PendingUpload>) =>
      new URL((await originals.signPut({ ...upload, ...change })).url).searchParams.get('X-Amz-Signature')
    const signatures = await Promise.all([
      signatureOf({}),
      signatureOf({ size: 123_457 }),
      signatureOf({ content_type: 'image/png' }),
      signatureOf({ sha256: sha256('another') }),
      signatureOf({ original_key: 'originals/a/8' }),
    ])
    expect(new Set(signatures).size).toBe(5)
    expect(await signatureOf({})).toBe(signatures[0])
  })

  test('expires with the upload', async () => {
    const { searchParams } = new URL((await originals.signPut(upload)).url)
    expect(searchParams.get('X-Amz-Date')).toBe('20261101T120000Z')
    expect(searchParams.get('X-Amz-Expires')).toBe('3600')
  })

  test.each(['', 'image/jpeg\r\nx-evil: 1', 'no type at all'])(
    'replaces the type %j, which no header can carry',
    async (content_type) => {
      const { headers } = await originals.signPut({ ...upload, content_type })
      expect(headers['content-type']).toBe('application/octet-stream')
    },
  )
})

describe('the URL of a download', () => {
  test('is short-lived and carries type and file name', async () => {
    const originals = s3Originals({ client, bucket: 'originals', now: () => noon })
    const record = anImage('Größe "1".jpg')
    const { pathname, searchParams } = new URL(await originals.signGet(record))
    expect(pathname).toBe(`/originals/${record.original_key}`)
    expect(searchParams.get('X-Amz-Expires')).toBe('300')
    expect(searchParams.get('response-content-type')).toBe('image/jpeg')
    expect(searchParams.get('response-content-disposition')).toContain("filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22.jpg")
  })
})

describe('renditions', () => {
  const renditions = s3Renditions({ client, bucket: 'renditions' })
  const id = sha256('photo.jpg')

  test('are stored for ever, under their type', async () => {
    const key = `media/${id}/600.0a1b2c3d.webp`
    const etag = await renditions.put(key, new Uint8Array([1, 2, 3]), 'webp')
    const head = await client.send(new HeadObjectCommand({ Bucket: 'renditions', Key: key }))
    expect(head).toMatchObject({ ContentType: 'image/webp', ContentLength: 3, ETag: etag })
    const object = await client.send(new GetObjectCommand({ Bucket: 'renditions', Key: key }))
    expect(object.CacheControl).toBe('public, max-age=31536000, immutable')
  })

  test('of one image are all deleted, over several pages, and no others', async () => {
    const put = (image: string, at: number) =>
      renditions.put(`media/${image}/${at}.jpg`, new Uint8Array([at % 256]), 'jpeg')
    for (let at = 0; at < 1_010; at += 101) {
      await Promise.all(Array.from({ length: 101 }, (_, more) => put(id, at + more)))
    }
    await put(sha256('other'), 1)
    await renditions.deleteAll(id)
    await renditions.deleteAll(id)
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'renditions' }))
    expect(Contents.map(({ Key }) => Key)).toEqual([`media/${sha256('other')}/1.jpg`])
  })

  test('of an image go, but for those that it still names', async () => {
    const id = sha256('replaced')
    for (const name of ['1.jpg', '2.jpg', '3.jpg'])
      await renditions.put(`media/${id}/${name}`, Buffer.from(name), 'jpeg')
    await renditions.deleteAllBut(id, [`media/${id}/2.jpg`])
    const { Contents = [] } = await client.send(
      new ListObjectsV2Command({ Bucket: 'renditions', Prefix: `media/${id}/` }),
    )
    expect(Contents.map(({ Key }) => Key)).toEqual([`media/${id}/2.jpg`])
  })
})
