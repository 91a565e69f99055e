import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BehaviorModel } from '../model.ts'
import { ObjectStore } from '../services/s3/object-store.ts'
import { Cdn } from './cdn.ts'
import { FrontDoor } from './front-door.ts'
import { HttpApi } from './http-api.ts'
import { builtSite, type SiteOrigin } from './site-files.ts'
import { arnOf, fakeFunctions } from './testing/fake-functions.ts'
import { wildcards } from './wildcards.ts'

const id = 'a'.repeat(64)

let directory: string
let objects: ObjectStore
let door: FrontDoor
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glowworm-cdn-'))
  objects = ObjectStore.open(join(directory, 'objects'), ['renditions', 'files'])
  await mkdir(join(directory, 'site', '_app', 'immutable'), { recursive: true })
  await writeFile(join(directory, 'site', 'index.html'), '<title>app</title>')
  await writeFile(join(directory, 'site', 'robots.txt'), 'all')
  await writeFile(join(directory, 'site', '_app', 'immutable', 'a.1234.js'), 'export {}')
  await writeFile(join(directory, 'secret.txt'), 'secret')
  door = await FrontDoor.listen(0, (fault) => {
    throw fault
  })
})
afterEach(async () => {
  await door.stop()
  objects.close()
  await rm(directory, { recursive: true, force: true })
})

const toApp = `function handler(event) {
  if (!event.request.uri.includes('.')) event.request.uri = '/index.html'
  return event.request
}`

const small = `function handler({ request }) {
  const length = request.headers['content-length']
  if (!length || length.value < 100000) return request
  return {
    statusCode: 413,
    headers: { 'cache-control': { value: 'no-store' } },
    body: { encoding: 'text', data: length.value + ' bytes' },
  }
}`

const namesViewer = `function handler(event) {
  event.request.headers['x-viewer'] = { value: event.viewer.ip }
  return event.request
}`

/** What a function reads of who asks. */
const named = (headers: Readonly<Record<string, string>>) =>
  'x-viewer' in headers || 'x-proof' in headers ? ` by ${headers['x-viewer']} with ${headers['x-proof']}` : ''

function behavior(pathPattern: string, rest: Partial<BehaviorModel>): BehaviorModel {
  return {
    pathPattern,
    origin: { kind: 'bucket', bucketName: 'files' },
    allowedMethods: ['GET', 'HEAD'],
    viewerRequestCode: null,
    responseHeaders: { 'x-frame-options': 'DENY' },
    ...rest,
  }
}

function open(site: SiteOrigin = builtSite(join(directory, 'site'))) {
  const { invoke } = fakeFunctions({
    api: (event) => ({
      statusCode: 200,
      headers: { 'x-frame-options': 'ALLOW' },
      body:
        event.rawPath === '/api/forwarded' ? event.headers['x-forwarded-for'] : event.rawPath + named(event.headers),
    }),
  })
  const routes = [{ routeKey: '$default', functionArn: arnOf('api'), authorizer: null }]
  const api = new HttpApi({ id: 'api', stage: '$default', routes, cors: null }, invoke)
  const to = (headers: Record<string, string> = {}) => ({
    origin: { kind: 'http-api', apiId: 'api', headers } as const,
  })
  const backend = to()
  const behaviors = [
    behavior('/media/*.*.*', { origin: { kind: 'bucket', bucketName: 'renditions' } }),
    behavior('/media/*', backend),
    behavior('/api/whoami', { ...to({ 'x-proof': 'proof' }), viewerRequestCode: namesViewer }),
    behavior('/api/*', { ...backend, allowedMethods: ['GET', 'HEAD', 'POST'], viewerRequestCode: small }),
    behavior('*', { viewerRequestCode: toApp }),
  ]
  const cdn = new Cdn(
    { behaviors, defaultRootObject: 'index.html' },
    { objects, httpApis: new Map([['api', api]]), site },
  )
  door.open({ cdn, sockets: { upgrade: () => {}, stop: async () => {} }, site })
}

async function store(key: string, bytes: string) {
  await objects.write('renditions', key, Readable.from([Buffer.from(bytes)]), () => ({
    contentType: 'image/webp',
    headers: { 'cache-control': 'public, max-age=31536000, immutable' },
    metadata: {},
    checksum: null,
  }))
}

const get = (path: string, init?: RequestInit) => fetch(door.url + path, init)

/** A request whose path no client has tidied up. */
function rawStatus(path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(door.url, { path }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode ?? 0, text })
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

describe('the first behaviour whose pattern matches', () => {
  it.each([
    [`/media/${id}/600.0123abcd.jpg`, 'NoSuchKey'],
    [`/media/${id}/1080x1920.webp`, `/media/${id}/1080x1920.webp`],
    [`/media/${id}/1080x1920`, `/media/${id}/1080x1920`],
    ['/api/images', '/api/images'],
    ['/gallery', '<title>app</title>'],
    ['/', '<title>app</title>'],
    ['/robots.txt', 'all'],
  ])('serves %s', async (path, text) => {
    open()
    expect(await (await get(path)).text()).toContain(text)
  })

  it('adds its headers, over those of the origin', async () => {
    open()
    for (const path of ['/api/x', '/robots.txt', `/media/${id}/600.0123abcd.jpg`]) {
      expect((await get(path)).headers.get('x-frame-options')).toBe('DENY')
    }
  })

  it('answers by itself where its function does, and reads the body that it does not want', async () => {
    open()
    const response = await get('/api/x', { method: 'POST', body: 'x'.repeat(200_000) })
    expect(response.status).toBe(413)
    expect(await response.text()).toBe('200000 bytes')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
    })
  })

  it('takes no other methods than its own', async () => {
    open()
    expect((await get('/api/x', { method: 'POST' })).status).toBe(200)
    expect((await get('/api/x', { method: 'DELETE' })).status).toBe(403)
    expect((await get('/robots.txt', { method: 'POST' })).status).toBe(403)
    expect((await get(`/media/${id}/600.0123abcd.jpg`, { method: 'PUT', body: 'x' })).status).toBe(403)
  })
})

describe('what the edge says of who asks', () => {
  const disguise = { headers: { 'x-viewer': '192.0.2.1', 'x-proof': 'guessed' } }

  it.each([
    ['nothing', {}],
    ['something else', disguise],
  ])('replaces what the viewer says, which is %s', async (_what, init) => {
    open()
    expect(await (await get('/api/whoami', init)).text()).toMatch(/ by (::ffff:)?127\.0\.0\.1 with proof$/)
  })

  it('comes after what the viewer says of itself, which stays', async () => {
    open()
    const forwarded = async (init?: RequestInit) => (await get('/api/forwarded', init)).text()
    expect(await forwarded()).toMatch(/^(::ffff:)?127\.0\.0\.1$/)
    const disguised = { headers: { 'x-forwarded-for': '192.0.2.1' } }
    expect(await forwarded(disguised)).toMatch(/^192\.0\.2\.1, (::ffff:)?127\.0\.0\.1$/)
  })

  it('is not said of other requests', async () => {
    open()
    expect(await (await get('/api/other')).text()).toBe('/api/other')
    expect(await (await get('/api/other', disguise)).text()).toBe('/api/other by 192.0.2.1 with guessed')
  })
})

describe('an object of a bucket', () => {
  const path = `/media/${id}/600.0123abcd.webp`
  beforeEach(() => store(path.slice(1), '0123456789'))

  it('comes with the headers that it was stored with', async () => {
    open()
    const response = await get(path)
    expect(await response.text()).toBe('0123456789')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/webp',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-length': '10',
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      'last-modified': expect.any(String),
    })
  })

  it('has a head without a body', async () => {
    open()
    const response = await get(path, { method: 'HEAD' })
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '10', ''])
  })

  it('comes in parts', async () => {
    open()
    const part = await get(path, { headers: { range: 'bytes=2-4' } })
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234'])
    expect((await get(path, { headers: { range: 'bytes=20-' } })).status).toBe(416)
  })

  it('is not sent again to who has it', async () => {
    open()
    const etag = (await get(path)).headers.get('etag') ?? ''
    const again = await get(path, { headers: { 'if-none-match': etag } })
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
  })

  it('that does not exist is a 404, and a path that cannot be decoded a 400', async () => {
    open()
    expect((await get(`/media/${id}/601.0123abcd.webp`)).status).toBe(404)
    expect((await get('/media/%ff.1.2')).status).toBe(400)
  })

  it('is of its own bucket only', async () => {
    open()
    expect((await rawStatus(`/media/x/../../../../secret.a.txt`)).status).toBe(404)
    expect((await rawStatus('/media/..%2f..%2f..%2fsecret.a.txt')).status).toBe(404)
  })
})

describe('a file of the site', () => {
  it('has its type, an ETag, and is kept for ever only if its name has a hash', async () => {
    open()
    const page = await get('/')
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const script = await get('/_app/immutable/a.1234.js')
    expect(script.headers.get('content-type')).toMatch(/^text\/javascript/)
    expect(script.headers.get('cache-control')).toContain('immutable')
    // Left to itself, fetch would ask for a fresh copy.
    const headers = { 'if-none-match': page.headers.get('etag') ?? '', 'cache-control': 'max-age=0' }
    expect((await get('/', { headers })).status).toBe(304)
  })

  it('is a 404 if it has an extension and does not exist', async () => {
    open()
    expect((await get('/missing.js')).status).toBe(404)
  })

  it.each(['/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/_app/../../secret.txt', '/..\\secret.txt'])(
    'lies in the site: not %s',
    async (path) => {
      open()
      const { status, text } = await rawStatus(path)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(text).not.toContain('secret')
    },
  )

  it('is one that explains itself while the site is not built', async () => {
    open(builtSite(join(directory, 'not-built')))
    expect(await (await get('/')).text()).toContain('npm run upload')
    expect((await get('/built-in.css')).headers.get('content-type')).toMatch(/^text\/css/)
  })
})

describe('the front door', () => {
  it('asks for patience until there is something behind it', async () => {
    expect((await get('/')).status).toBe(503)
  })

  it('is not taken twice', async () => {
    const port = Number(new URL(door.url).port)
    await expect(FrontDoor.listen(port, () => {})).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('answers an upgrade of any other path than /ws with 404', async () => {
    open()
    const status = await new Promise((resolve, reject) => {
      const outgoing = request(door.url, {
        path: '/other',
        headers: { connection: 'upgrade', upgrade: 'websocket' },
      })
      outgoing.on('response', (response) => resolve(response.statusCode)).on('error', reject)
      outgoing.end()
    })
    expect(status).toBe(404)
  })
})

describe('wildcards', () => {
  it.each([
    ['/media/*.*.*', '/media/x/600.0123.jpg', true],
    ['/media/*.*.*', '/media/x/600.jpg', false],
    ['/a?c', '/abc', true],
    ['/a?c', '/ac', false],
    ['/a.c', '/abc', false],
    ['*', '/anything/at/all', true],
    ['/api/*', '/api/', true],
    ['/api/*', '/apis', false],
    ['/API/*', '/api/x', false],
  ])('%s and %s: %s', (pattern, path, expected) => {
    expect(wildcards(pattern).test(path)).toBe(expected)
  })
})
