import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CloudFrontClient } from '@aws-sdk/client-cloudfront'
import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { forgetChanged, uploadSite } from './upload-site.ts'

const contents: Readonly<Record<string, string>> = {
  'index.html': '<p>new</p>',
  'favicon.svg': '<svg/>',
  '_app/version.json': '{}',
  '_app/immutable/start.Ab12.js': 'start()',
}
const keys = Object.keys(contents)
const etagOf = (text: string) => `"${createHash('md5').update(text).digest('hex')}"`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glowworm-site-'))
  for (const [key, text] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, key)), { recursive: true })
    await writeFile(join(folder, key), text)
  }
})
afterAll(() => rm(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

interface Command {
  readonly constructor: { readonly name: string }
  readonly input: Readonly<Record<string, unknown>>
}

/** A bucket that holds these, listed one to a page. @returns what is put into it */
function bucketWith(there: Readonly<Record<string, string>>) {
  const puts: Command['input'][] = []
  const listed = Object.entries(there).map(([Key, text]) => ({ Key, ETag: etagOf(text) }))
  vi.spyOn(S3Client.prototype, 'send').mockImplementation((async ({ constructor: { name }, input }: Command) => {
    if (name === 'PutObjectCommand') return void puts.push(input)
    const at = Number(input.ContinuationToken ?? 0)
    const isLast = at + 1 >= listed.length
    return { Contents: listed.slice(at, at + 1), ...(!isLast && { NextContinuationToken: String(at + 1) }) }
  }) as never)
  return puts
}

const upload = () => uploadSite(new S3Client({ region: 'eu-west-1' }), 'site', folder)

it('an empty bucket gets every file, pages last, each with its type and how long it may be kept', async () => {
  const puts = bucketWith({})
  expect(await upload()).toEqual(['_app/immutable/start.Ab12.js', '_app/version.json', 'favicon.svg', 'index.html'])
  expect(puts.map(({ Body, ...put }) => ({ ...put, text: String(Body) }))).toEqual([
    {
      Bucket: 'site',
      Key: '_app/immutable/start.Ab12.js',
      ContentType: 'text/javascript; charset=utf-8',
      CacheControl: 'public, max-age=31536000, immutable',
      text: 'start()',
    },
    expect.objectContaining({ Key: '_app/version.json', CacheControl: 'no-cache' }),
    expect.objectContaining({ Key: 'favicon.svg', CacheControl: 'no-cache' }),
    {
      Bucket: 'site',
      Key: 'index.html',
      ContentType: 'text/html; charset=utf-8',
      CacheControl: 'no-cache',
      text: '<p>new</p>',
    },
  ])
})

it('a file whose bytes are there already is not sent again, on whichever page of the listing it stands', async () => {
  const puts = bucketWith({ ...contents, 'index.html': '<p>old</p>', 'of-an-earlier-version.html': 'kept' })
  expect(await upload()).toEqual(['index.html'])
  expect(puts).toHaveLength(1)
})

it('nothing is sent where nothing has changed', async () => {
  const puts = bucketWith(contents)
  expect(await upload()).toEqual([])
  expect(puts).toEqual([])
})

function distribution() {
  const calls: Command['input'][] = []
  vi.spyOn(CloudFrontClient.prototype, 'send').mockImplementation((async ({ input }: Command) => {
    calls.push(input)
  }) as never)
  return calls
}

const forget = (changed: readonly string[]) =>
  forgetChanged(new CloudFrontClient({ region: 'us-east-1' }), 'E123', changed)

it('the CDN forgets what has changed, but for files with a hash in their names', async () => {
  const calls = distribution()
  await forget(keys)
  expect(calls).toEqual([
    {
      DistributionId: 'E123',
      InvalidationBatch: {
        CallerReference: expect.any(String),
        Paths: { Quantity: 3, Items: ['/index.html', '/favicon.svg', '/_app/version.json'] },
      },
    },
  ])
})

it.each([[[]], [['_app/immutable/start.Ab12.js']]])('the CDN is not asked to forget for %j', async (changed) => {
  const calls = distribution()
  await forget(changed)
  expect(calls).toEqual([])
})
