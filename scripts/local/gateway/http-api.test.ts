import { afterEach, describe, expect, it } from 'vitest'
import type { AuthorizerModel, HttpApiModel, RouteModel } from '../model.ts'
import { Cdn } from './cdn.ts'
import { FrontDoor } from './front-door.ts'
import { HttpApi } from './http-api.ts'
import type { SiteOrigin } from './site-files.ts'
import { type AnyEvent, arnOf, fakeFunctions, refusal } from './testing/fake-functions.ts'

const doors: FrontDoor[] = []
afterEach(async () => {
  await Promise.all(doors.splice(0).map((door) => door.stop()))
})

interface Setup {
  readonly routes: readonly RouteModel[]
  readonly functions: Parameters<typeof fakeFunctions>[0]
  readonly cors?: HttpApiModel['cors']
}

const route = (routeKey: string, name = 'work', authorizer: AuthorizerModel | null = null): RouteModel => ({
  routeKey,
  functionArn: arnOf(name),
  authorizer,
})

const noSite: SiteOrigin = { serve: async () => {} }

/** The API behind a distribution that sends it everything, on a port of its own. */
async function serve({ routes, functions, cors = null }: Setup) {
  const fakes = fakeFunctions(functions)
  const api = new HttpApi({ id: 'photos', stage: '$default', routes, cors }, fakes.invoke)
  const door = await FrontDoor.listen(0, (fault) => {
    throw fault
  })
  doors.push(door)
  const behavior = {
    pathPattern: '*',
    origin: { kind: 'http-api', apiId: 'photos', headers: {} },
    allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
    viewerRequestCode: null,
    responseHeaders: {},
  } as const
  const cdn = new Cdn(
    { behaviors: [behavior], defaultRootObject: null },
    { objects: { stat: () => null, read: async () => null }, httpApis: new Map([['photos', api]]), site: noSite },
  )
  door.open({ cdn, sockets: { upgrade: () => {}, stop: async () => {} }, site: noSite })
  return { ...fakes, call: (path: string, init?: RequestInit) => fetch(door.url + path, init) }
}

const everything = [route('ANY /{rest+}')]
const ok = () => ({ statusCode: 200 })

async function answerOf(response: Response) {
  return { status: response.status, body: await response.json() }
}

describe('the event of a request', () => {
  it('says what AWS says, in its payload format 2.0', async () => {
    const { call, eventsOf } = await serve({ routes: [route('GET /api/images/{id}')], functions: { work: ok } })
    await call('/api/images/a%20b?x=1&x=2&y=%C3%A9&empty=', {
      headers: { 'X-Thing': 'Value', cookie: 'a=1; b=2', 'user-agent': 'test' },
    })
    const [event] = eventsOf('work')
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /api/images/{id}',
      rawPath: '/api/images/a b',
      rawQueryString: 'x=1&x=2&y=%C3%A9&empty=',
      cookies: ['a=1', 'b=2'],
      headers: { 'x-thing': 'Value', host: 'photos.execute-api.us-east-1.amazonaws.com' },
      queryStringParameters: { x: '1,2', y: 'é', empty: '' },
      pathParameters: { id: 'a b' },
      isBase64Encoded: false,
      requestContext: {
        accountId: '000000000000',
        apiId: 'photos',
        domainName: 'photos.execute-api.us-east-1.amazonaws.com',
        http: {
          method: 'GET',
          path: '/api/images/a b',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        },
        routeKey: 'GET /api/images/{id}',
        stage: '$default',
        requestId: expect.any(String),
        time: expect.stringMatching(/^\d{2}\/\w{3}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/),
        timeEpoch: expect.any(Number),
      },
    })
    expect(event.headers).not.toHaveProperty('cookie')
    expect(event).not.toHaveProperty('body')
  })

  it('leaves out what the request does not have', async () => {
    const { call, eventsOf } = await serve({ routes: [route('GET /')], functions: { work: ok } })
    await call('/')
    const [event] = eventsOf('work')
    for (const absent of ['cookies', 'queryStringParameters', 'pathParameters', 'body']) {
      expect(event).not.toHaveProperty(absent)
    }
  })

  it.each([
    ['application/json', false],
    ['application/json; charset=utf-8', false],
    ['text/plain', false],
    ['application/xml', false],
    ['application/octet-stream', true],
    ['image/jpeg', true],
    ['multipart/form-data; boundary=x', true],
    ['application/x-www-form-urlencoded', true],
  ])('carries a body of type %s (base64: %s)', async (type, isBase64Encoded) => {
    const { call, eventsOf } = await serve({ routes: everything, functions: { work: ok } })
    await call('/x', { method: 'POST', headers: { 'content-type': type }, body: '{"ä":1}' })
    const [event] = eventsOf('work')
    expect(event.isBase64Encoded).toBe(isBase64Encoded)
    expect(Buffer.from(event.body, isBase64Encoded ? 'base64' : 'utf8').toString()).toBe('{"ä":1}')
  })
})

describe('the answer of a function', () => {
  it('becomes status, headers, cookies and bytes', async () => {
    const work = () => ({
      statusCode: 201,
      headers: { 'Content-Type': 'image/png', 'X-Number': 7, connection: 'close' },
      cookies: ['a=1; Path=/api; HttpOnly', 'b=2'],
      body: Buffer.from([0, 255, 128]).toString('base64'),
      isBase64Encoded: true,
    })
    const { call } = await serve({ routes: everything, functions: { work } })
    const response = await call('/x')
    expect(response.status).toBe(201)
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(response.headers.get('x-number')).toBe('7')
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/api; HttpOnly', 'b=2'])
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 128])
  })

  it('is plain text if it does not say otherwise', async () => {
    const { call } = await serve({ routes: everything, functions: { work: () => ({ statusCode: 404, body: 'no' }) } })
    const response = await call('/x')
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/plain;charset=UTF-8'])
  })

  it.each([
    ['an object', { hello: 'you' }, '{"hello":"you"}'],
    ['a text', 'hello', 'hello'],
    ['a list', [1, 2], '[1,2]'],
  ])('may be short: %s', async (_what, returned, body) => {
    const { call } = await serve({ routes: everything, functions: { work: () => returned } })
    const response = await call('/x')
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(await response.text()).toBe(body)
  })

  it('may have no body', async () => {
    const { call } = await serve({ routes: everything, functions: { work: () => ({ statusCode: 204 }) } })
    const response = await call('/x', { method: 'DELETE' })
    expect([response.status, await response.text()]).toEqual([204, ''])
  })
})

describe('the gateway itself answers', () => {
  it('404 for a path without a route', async () => {
    const { call } = await serve({ routes: [route('GET /api')], functions: {} })
    expect(await answerOf(await call('/other'))).toEqual({ status: 404, body: { message: 'Not Found' } })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('secret detail')
      },
    ],
    ['answers nonsense', () => ({ statusCode: 'soon' })],
  ])('500 when the function %s, without its words', async (_what, work) => {
    const { call } = await serve({ routes: everything, functions: { work } })
    expect(await answerOf(await call('/x'))).toEqual({ status: 500, body: { message: 'Internal Server Error' } })
  })

  it('503 when the function is throttled', async () => {
    const work = () => {
      throw refusal(429)
    }
    const { call } = await serve({ routes: everything, functions: { work } })
    expect(await answerOf(await call('/x'))).toEqual({ status: 503, body: { message: 'Service Unavailable' } })
  })

  it('413 for more than Lambda takes', async () => {
    const work = () => {
      throw refusal(413)
    }
    const { call } = await serve({ routes: everything, functions: { work } })
    expect(await answerOf(await call('/x'))).toEqual({ status: 413, body: { message: 'Request Entity Too Large' } })
  })

  it.each(['with', 'without'])('413 for more than 10 MB, %s a content length, and asks no function', async (how) => {
    const { call, asked } = await serve({ routes: everything, functions: { work: ok } })
    const bytes = new Uint8Array(10 * 1024 * 1024 + 1)
    const body = how === 'with' ? bytes : new Blob([bytes]).stream()
    const response = await call('/x', { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect(await answerOf(response)).toEqual({ status: 413, body: { message: 'Request Entity Too Large' } })
    expect(asked).toEqual([])
  })

  it('a preflight, and dresses answers, as CORS is configured', async () => {
    const cors = {
      allowOrigins: ['https://photos.example'],
      allowMethods: ['GET', 'PUT'],
      allowHeaders: ['content-type'],
      allowCredentials: true,
      maxAgeSeconds: 600,
    }
    const { call, asked } = await serve({ routes: everything, functions: { work: ok }, cors })
    const asking = { 'access-control-request-method': 'PUT' }
    const preflight = await call('/x', { method: 'OPTIONS', headers: { origin: 'https://photos.example', ...asking } })
    expect(preflight.status).toBe(204)
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': 'https://photos.example',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-allow-headers': 'content-type',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '600',
    })
    const stranger = await call('/x', { method: 'OPTIONS', headers: { origin: 'https://evil.example', ...asking } })
    expect(stranger.headers.has('access-control-allow-origin')).toBe(false)
    expect(asked).toEqual([])
    const answer = await call('/x', { headers: { origin: 'https://photos.example' } })
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://photos.example')
  })
})

describe('an authoriser', () => {
  const guard = (identitySources: readonly string[] = [], cacheSeconds = 0): AuthorizerModel => ({
    functionArn: arnOf('guard'),
    identitySources,
    cacheSeconds,
  })
  const guarded = (authorizer = guard()) => [route('GET /api/images/{id}', 'work', authorizer)]
  const allow = () => ({ isAuthorized: true, context: { email: 'a@b.example' } })

  it('sees the request, and what it says about the caller reaches the function', async () => {
    const { call, eventsOf } = await serve({ routes: guarded(), functions: { work: ok, guard: allow } })
    expect((await call('/api/images/7', { headers: { cookie: 'session=x' } })).status).toBe(200)
    expect(eventsOf('guard')[0]).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:us-east-1:000000000000:photos/$default/GET/api/images/7',
      identitySource: null,
      routeKey: 'GET /api/images/{id}',
      cookies: ['session=x'],
      pathParameters: { id: '7' },
    })
    expect(eventsOf('work')[0].requestContext.authorizer).toEqual({ lambda: { email: 'a@b.example' } })
  })

  it('is not asked for a public route', async () => {
    const { call, asked } = await serve({ routes: [route('GET /api/health')], functions: { work: ok } })
    await call('/api/health')
    expect(asked.map(({ name }) => name)).toEqual(['work'])
  })

  it.each([
    ['denies', () => ({ isAuthorized: false }), 403, 'Forbidden'],
    [
      'throws Unauthorized',
      () => {
        throw new Error('Unauthorized')
      },
      401,
      'Unauthorized',
    ],
    [
      'throws anything else',
      () => {
        throw new Error('oops')
      },
      500,
      'Internal Server Error',
    ],
    ['answers nonsense', () => ({ isAuthorized: 'yes' }), 500, 'Internal Server Error'],
  ])('that %s keeps the function from running: %i', async (_what, decide, status, message) => {
    const { call, eventsOf } = await serve({ routes: guarded(), functions: { work: ok, guard: decide } })
    expect(await answerOf(await call('/api/images/7'))).toEqual({ status, body: { message } })
    expect(eventsOf('work')).toEqual([])
  })

  it('is not asked, and the caller is not let in, without the identity that it wants', async () => {
    const routes = guarded(guard(['$request.header.Authorization', '$request.querystring.key']))
    const { call, eventsOf } = await serve({ routes, functions: { work: ok, guard: allow } })
    expect((await call('/api/images/7', { headers: { authorization: 'x' } })).status).toBe(401)
    expect(eventsOf('guard')).toEqual([])
    expect((await call('/api/images/7?key=k', { headers: { authorization: 'x' } })).status).toBe(200)
    expect(eventsOf('guard')[0].identitySource).toEqual(['x', 'k'])
  })

  it('is asked once for an identity while its answer is remembered', async () => {
    const routes = guarded(guard(['$request.header.Authorization'], 300))
    const decide = (event: AnyEvent) => ({ isAuthorized: event.identitySource[0] === 'good' })
    const { call, eventsOf } = await serve({ routes, functions: { work: ok, guard: decide } })
    const statusFor = async (authorization: string) =>
      (await call('/api/images/7', { headers: { authorization } })).status
    expect([await statusFor('good'), await statusFor('good'), await statusFor('bad'), await statusFor('bad')]).toEqual([
      200, 200, 403, 403,
    ])
    expect(eventsOf('guard')).toHaveLength(2)
  })

  it('is asked every time if nothing is to be remembered', async () => {
    const { call, eventsOf } = await serve({ routes: guarded(), functions: { work: ok, guard: allow } })
    await call('/api/images/7')
    await call('/api/images/7')
    expect(eventsOf('guard')).toHaveLength(2)
  })
})
