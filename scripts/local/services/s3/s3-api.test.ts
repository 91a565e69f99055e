import { createHash, randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../client/eventually.ts'
import { startServicesUnderTest } from '../testing/services-under-test.ts'

/** The SDK would warn on the console of what these tests do on purpose. */
const silent = { debug() {}, info() {}, warn() {}, error() {} }

async function s3UnderTest() {
  const services = await startServicesUnderTest()
  const s3 = new S3Client({ ...services.client, logger: silent })
  const put = (Key: string, Body: string | Buffer = Key) =>
    s3.send(new PutObjectCommand({ Bucket: 'originals', Key, Body }))
  const get = async (Key: string, Bucket = 'originals') => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
    return Buffer.from((await Body?.transformToByteArray()) ?? [])
  }
  return { services, s3, put, get }
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('expected a refusal'),
    (error) => ({ name: error.name, status: error.$metadata?.httpStatusCode, message: error.message }),
  )

describe('objects', () => {
  test('come back byte for byte, with their headers and metadata', async () => {
    const { s3 } = await s3UnderTest()
    const Body = randomBytes(300_000)
    const about = {
      ContentType: 'image/jpeg',
      CacheControl: 'public, max-age=31536000, immutable',
      ContentDisposition: 'inline',
      ContentLanguage: 'de',
      Metadata: { camera: 'a7' },
    }
    const written = await s3.send(new PutObjectCommand({ Bucket: 'originals', Key: 'a/b.jpg', Body, ...about }))
    expect(written.ETag).toBe(`"${createHash('md5').update(Body).digest('hex')}"`)

    const read = await s3.send(new GetObjectCommand({ Bucket: 'originals', Key: 'a/b.jpg' }))
    expect(Buffer.from((await read.Body?.transformToByteArray()) ?? [])).toEqual(Body)
    expect(read).toMatchObject({ ...about, ContentLength: Body.length, ETag: written.ETag, AcceptRanges: 'bytes' })

    const head = await s3.send(new HeadObjectCommand({ Bucket: 'originals', Key: 'a/b.jpg' }))
    expect(head).toMatchObject({ ...about, ContentLength: Body.length, LastModified: read.LastModified })
  })

  test('may be empty', async () => {
    const { put, get } = await s3UnderTest()
    await put('empty', '')
    expect(await get('empty')).toHaveLength(0)
  })

  test('are replaced and deleted', async () => {
    const { s3, put, get } = await s3UnderTest()
    await put('k', 'one')
    await put('k', 'two')
    expect((await get('k')).toString()).toBe('two')
    await s3.send(new DeleteObjectCommand({ Bucket: 'originals', Key: 'k' }))
    await s3.send(new DeleteObjectCommand({ Bucket: 'originals', Key: 'k' }))
    expect(await failure(get('k'))).toMatchObject({ name: 'NoSuchKey', status: 404 })
    expect(await failure(s3.send(new HeadObjectCommand({ Bucket: 'originals', Key: 'k' })))).toMatchObject({
      name: 'NotFound',
      status: 404,
    })
  })

  test('of one bucket are not those of another, and unknown buckets are refused', async () => {
    const { s3, put, get } = await s3UnderTest()
    await put('k')
    expect(await failure(get('k', 'renditions'))).toMatchObject({ name: 'NoSuchKey' })
    expect(await failure(get('k', 'elsewhere'))).toMatchObject({ name: 'NoSuchBucket', status: 404 })
    expect(await failure(s3.send(new HeadBucketCommand({ Bucket: 'elsewhere' })))).toMatchObject({ status: 404 })
    await s3.send(new HeadBucketCommand({ Bucket: 'originals' }))
    const { Buckets } = await s3.send(new ListBucketsCommand({}))
    expect(Buckets?.map((bucket) => bucket.Name)).toEqual(['originals', 'renditions'])
  })

  test('have any key, and no key leaves the store', async () => {
    const { s3, put, get } = await s3UnderTest()
    const keys = [
      '../../etc/passwd',
      '..',
      '/leading',
      'a//b',
      'a/./b/../c',
      'ünï😀 & <x> "y" \'z\' %2F%00 +?#',
      'C:\\windows',
      'back\\slash',
      'k',
      'k/k',
      'x'.repeat(1024),
    ]
    for (const key of keys) await put(key)
    for (const key of keys) expect((await get(key)).toString()).toBe(key)
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'originals' }))
    const listed = Contents?.map((object) => object.Key)
    expect(listed).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
    await s3.send(new DeleteObjectsCommand({ Bucket: 'originals', Delete: { Objects: keys.map((Key) => ({ Key })) } }))
    const left = await s3.send(new ListObjectsV2Command({ Bucket: 'originals' }))
    expect(left.KeyCount).toBe(0)
    expect(await failure(put('x'.repeat(1025)))).toMatchObject({ name: 'KeyTooLongError', status: 400 })
  })

  test('are copied with their metadata or with other', async () => {
    const { s3, get } = await s3UnderTest()
    const source = { Bucket: 'originals', Key: 'from ä', Body: 'bytes', ContentType: 'image/png', Metadata: { a: '1' } }
    await s3.send(new PutObjectCommand(source))
    const copy = { Bucket: 'renditions', CopySource: encodeURIComponent('originals/from ä') }
    await s3.send(new CopyObjectCommand({ ...copy, Key: 'same' }))
    await s3.send(
      new CopyObjectCommand({ ...copy, Key: 'other', MetadataDirective: 'REPLACE', ContentType: 'text/plain' }),
    )
    expect((await get('other', 'renditions')).toString()).toBe('bytes')
    expect(await s3.send(new HeadObjectCommand({ Bucket: 'renditions', Key: 'same' }))).toMatchObject({
      ContentType: 'image/png',
      Metadata: { a: '1' },
    })
    expect(await s3.send(new HeadObjectCommand({ Bucket: 'renditions', Key: 'other' }))).toMatchObject({
      ContentType: 'text/plain',
      Metadata: {},
    })
    const missing = new CopyObjectCommand({ Bucket: 'renditions', CopySource: 'originals/missing', Key: 'x' })
    expect(await failure(s3.send(missing))).toMatchObject({ name: 'NoSuchKey' })
  })
})

describe('large bodies', () => {
  test('are on disk while they still arrive, and come back whole', async () => {
    const { services, s3 } = await s3UnderTest()
    const chunk = randomBytes(1024 * 1024)
    const files = join(services.dataDirectory, 's3', 'files')
    const bytesOnDisk = async () => {
      const entries = await readdir(files, { recursive: true, withFileTypes: true })
      const found = entries.filter((entry) => entry.isFile())
      const sizes = await Promise.all(found.map(async (file) => (await stat(join(file.parentPath, file.name))).size))
      return sizes.reduce((sum, size) => sum + size, 0)
    }
    const sent = createHash('sha256')
    const Body = Readable.from(
      (async function* () {
        for (let count = 1; count <= 100; count++) {
          sent.update(chunk)
          yield chunk
          if (count === 60) {
            await eventually('what was sent to be on disk', async () =>
              (await bytesOnDisk()) > 50 * chunk.length ? true : null,
            )
          }
        }
      })(),
    )
    await s3.send(new PutObjectCommand({ Bucket: 'originals', Key: 'large', Body, ContentLength: 100 * chunk.length }))
    const read = await s3.send(new GetObjectCommand({ Bucket: 'originals', Key: 'large' }))
    const received = createHash('sha256')
    for await (const part of read.Body as Readable) received.update(part)
    expect(read.ContentLength).toBe(100 * chunk.length)
    expect(received.digest('hex')).toBe(sent.digest('hex'))
  })

  test('that break off leave nothing behind', async () => {
    const { services, s3, put, get } = await s3UnderTest()
    await put('k', 'old')
    const abort = new AbortController()
    const Body = Readable.from(
      (async function* () {
        yield randomBytes(65_536)
        abort.abort()
        await new Promise(() => {})
      })(),
    )
    const upload = new PutObjectCommand({ Bucket: 'originals', Key: 'k', Body, ContentLength: 1_000_000 })
    await expect(s3.send(upload, { abortSignal: abort.signal })).rejects.toThrow()
    expect((await get('k')).toString()).toBe('old')
    expect(services.faults).toEqual([])
  })
})

describe('checksums', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('base64')

  test.for(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    '%s is verified and given back',
    async (ChecksumAlgorithm) => {
      const { s3 } = await s3UnderTest()
      const target = { Bucket: 'originals', Key: 'k' }
      const written = await s3.send(new PutObjectCommand({ ...target, Body: 'hello', ChecksumAlgorithm }))
      const read = await s3.send(new GetObjectCommand({ ...target, ChecksumMode: 'ENABLED' }))
      const name = `Checksum${ChecksumAlgorithm}` as const
      expect(written[name]).toBeDefined()
      expect(read[name]).toBe(written[name])
      // The SDK verifies it while reading.
      expect(await read.Body?.transformToString()).toBe('hello')
    },
  )

  test('of a stream travel as a trailer', async () => {
    const { s3 } = await s3UnderTest()
    const target = { Bucket: 'originals', Key: 'k' }
    const Body = Readable.from([Buffer.from('hel'), Buffer.from('lo')])
    await s3.send(new PutObjectCommand({ ...target, Body, ContentLength: 5, ContentEncoding: 'gzip' }))
    const read = await s3.send(new GetObjectCommand({ ...target, ChecksumMode: 'ENABLED' }))
    expect(await read.Body?.transformToString()).toBe('hello')
    expect(read.ChecksumCRC32).toBe('NhCmhg==')
    expect(read.ContentEncoding).toBe('gzip')
  })

  test('that are wrong refuse the body and keep what was there', async () => {
    const { s3, put, get } = await s3UnderTest()
    await put('k', 'old')
    const wrong = new PutObjectCommand({ Bucket: 'originals', Key: 'k', Body: 'new', ChecksumSHA256: sha256('other') })
    expect(await failure(s3.send(wrong))).toMatchObject({ name: 'BadDigest', status: 400 })
    const md5 = new PutObjectCommand({
      Bucket: 'originals',
      Key: 'k',
      Body: 'new',
      ContentMD5: createHash('md5').update('other').digest('base64'),
    })
    expect(await failure(s3.send(md5))).toMatchObject({ name: 'BadDigest' })
    const malformed = new PutObjectCommand({ Bucket: 'originals', Key: 'k', Body: 'new', ChecksumSHA256: 'abc' })
    expect(await failure(s3.send(malformed))).toMatchObject({ name: 'InvalidRequest' })
    expect((await get('k')).toString()).toBe('old')
  })
})

describe('conditions', () => {
  test('let one of many writers of a new key win', async () => {
    const { s3 } = await s3UnderTest()
    const writes = Array.from({ length: 8 }, (_, index) =>
      s3.send(new PutObjectCommand({ Bucket: 'originals', Key: 'k', Body: `writer ${index}`, IfNoneMatch: '*' })),
    )
    const results = await Promise.allSettled(writes)
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason.name).toBe('PreconditionFailed')
    }
  })

  test('replace only the version that the writer knows', async () => {
    const { s3, put } = await s3UnderTest()
    const { ETag } = await put('k', 'one')
    const replace = (IfMatch: string | undefined) =>
      s3.send(new PutObjectCommand({ Bucket: 'originals', Key: 'k', Body: 'two', IfMatch }))
    await replace(ETag)
    expect(await failure(replace(ETag))).toMatchObject({ name: 'PreconditionFailed', status: 412 })
  })

  test('answer 304 to readers that are up to date', async () => {
    const { s3, put } = await s3UnderTest()
    const { ETag } = await put('k')
    const target = { Bucket: 'originals', Key: 'k' }
    const head = await s3.send(new HeadObjectCommand(target))
    expect(await failure(s3.send(new GetObjectCommand({ ...target, IfNoneMatch: ETag })))).toMatchObject({
      status: 304,
    })
    const since = new GetObjectCommand({ ...target, IfModifiedSince: head.LastModified })
    expect(await failure(s3.send(since))).toMatchObject({ status: 304 })
    const match = new GetObjectCommand({ ...target, IfMatch: '"other"' })
    expect(await failure(s3.send(match))).toMatchObject({ status: 412 })
    await s3.send(new GetObjectCommand({ ...target, IfNoneMatch: '"other"' }))
  })
})

describe('ranges', () => {
  test.for([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=7-99', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
  ])('%s', async ([Range, expected, ContentRange]) => {
    const { s3, put } = await s3UnderTest()
    await put('k', '0123456789')
    const read = await s3.send(new GetObjectCommand({ Bucket: 'originals', Key: 'k', Range }))
    expect(await read.Body?.transformToString()).toBe(expected)
    expect(read).toMatchObject({ ContentRange, ContentLength: expected?.length })
    expect(read.$metadata.httpStatusCode).toBe(206)
  })

  test('beyond the end are refused, nonsense is ignored', async () => {
    const { s3, put } = await s3UnderTest()
    await put('k', '0123456789')
    const get = (Range: string) => s3.send(new GetObjectCommand({ Bucket: 'originals', Key: 'k', Range }))
    expect(await failure(get('bytes=10-'))).toMatchObject({ name: 'InvalidRange', status: 416 })
    expect((await get('bytes=5-2')).ContentLength).toBe(10)
    expect((await get('lines=1-2')).ContentLength).toBe(10)
  })
})

describe('listings', () => {
  test('page through a prefix in order', async () => {
    const { s3, put } = await s3UnderTest()
    const keys = Array.from({ length: 7 }, (_, index) => `p/${index}`)
    for (const key of [...keys, 'o', 'q']) await put(key)
    const seen: (string | undefined)[] = []
    let ContinuationToken: string | undefined
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket: 'originals', Prefix: 'p/', MaxKeys: 3, ContinuationToken }),
      )
      seen.push(...(page.Contents ?? []).map((object) => object.Key))
      ContinuationToken = page.NextContinuationToken
      expect(page.IsTruncated).toBe(ContinuationToken !== undefined)
    } while (ContinuationToken !== undefined)
    expect(seen).toEqual(keys)
  })

  test('fold what comes after the delimiter', async () => {
    const { s3, put } = await s3UnderTest()
    for (const key of ['a/1', 'a/2', 'b', 'c/1', 'c/d/2']) await put(key)
    const list = (query: object) => s3.send(new ListObjectsV2Command({ Bucket: 'originals', Delimiter: '/', ...query }))
    const root = await list({})
    expect(root.Contents?.map((object) => object.Key)).toEqual(['b'])
    expect(root.CommonPrefixes?.map((prefix) => prefix.Prefix)).toEqual(['a/', 'c/'])
    const first = await list({ MaxKeys: 1 })
    expect(first.CommonPrefixes?.map((prefix) => prefix.Prefix)).toEqual(['a/'])
    const second = await list({ MaxKeys: 1, ContinuationToken: first.NextContinuationToken })
    expect(second.Contents?.map((object) => object.Key)).toEqual(['b'])
    const inner = await list({ Prefix: 'c/' })
    expect(inner.Contents?.map((object) => object.Key)).toEqual(['c/1'])
    expect(inner.CommonPrefixes?.map((prefix) => prefix.Prefix)).toEqual(['c/d/'])
    expect((await list({ StartAfter: 'b' })).CommonPrefixes?.map((prefix) => prefix.Prefix)).toEqual(['c/'])
  })
})

describe('what the local cloud does not do', () => {
  test.for([
    ['multipart uploads', new CreateMultipartUploadCommand({ Bucket: 'originals', Key: 'k' }), /uploads/],
    ['tagging', new GetObjectTaggingCommand({ Bucket: 'originals', Key: 'k' }), /tagging/],
    ['version 1 listings', new ListObjectsCommand({ Bucket: 'originals' }), /GET on a bucket/],
    ['versions', new GetObjectCommand({ Bucket: 'originals', Key: 'k', VersionId: 'x' }), /versionId/],
    ['ACLs', new PutObjectCommand({ Bucket: 'originals', Key: 'k', Body: 'x', ACL: 'private' }), /x-amz-acl/],
    ['conditional deletes', new DeleteObjectCommand({ Bucket: 'originals', Key: 'k', IfMatch: '*' }), /if-match/],
  ] as const)('%s are refused by name', async ([_what, command, message]) => {
    const { s3 } = await s3UnderTest()
    // biome-ignore lint/suspicious/noExplicitAny: any command will do
    const refused = await failure(s3.send(command as any))
    expect(refused).toMatchObject({ name: 'NotImplemented', status: 501 })
    expect(refused.message).toMatch(message)
  })
})
