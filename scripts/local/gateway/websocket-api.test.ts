import { createServer } from 'node:http'
import { type AddressInfo, connect as connectTcp } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { AuthorizerModel } from '../model.ts'
import { type AnyEvent, arnOf, fakeFunctions } from './testing/fake-functions.ts'
import { WebSocketApi, type WebSocketLimits } from './websocket-api.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Setup {
  readonly functions?: Parameters<typeof fakeFunctions>[0]
  readonly authorizer?: AuthorizerModel
  readonly routes?: readonly string[]
  readonly limits?: Partial<WebSocketLimits>
}

const ok = () => ({ statusCode: 200 })

/** A WebSocket API with a function per route, named like it without `$`. */
async function serve({ functions = {}, authorizer, routes = ['$default'], limits = {} }: Setup = {}) {
  const fakes = fakeFunctions({ connect: ok, disconnect: ok, default: ok, ...functions })
  const api = new WebSocketApi(
    {
      id: 'sockets',
      stage: 'live',
      routeSelectionExpression: '$request.body.action',
      routes: ['$connect', '$disconnect', ...routes].map((routeKey) => ({
        routeKey,
        functionArn: arnOf(routeKey.replace('$', '')),
        authorizer: routeKey === '$connect' ? (authorizer ?? null) : null,
      })),
    },
    fakes.invoke,
    (fault) => {
      throw fault
    },
    limits,
  )
  const server = createServer()
  server.on('upgrade', (request, socket, head) => api.upgrade(request, socket, head))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  cleanups.push(async () => {
    await api.stop()
    await new Promise((resolve) => server.close(resolve))
  })
  return { ...fakes, api, port, url: `ws://127.0.0.1:${port}/ws` }
}

/** An open client that remembers what it got. */
async function open(url: string) {
  const socket = new WebSocket(url)
  const received: { readonly text: string; readonly isBinary: boolean }[] = []
  socket.on('message', (data, isBinary) => received.push({ text: data.toString(), isBinary }))
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return { socket, received, closed }
}

/** The status with which an opening is refused. */
function refusedWith(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    socket.once('unexpected-response', (_request, response) => {
      response.resume()
      resolve(response.statusCode)
    })
    socket.once('open', () => reject(new Error('Expected a refusal')))
    socket.once('error', () => {})
  })
}

const idOf = (event: AnyEvent): string => event.requestContext.connectionId

describe('a connection', () => {
  it('calls $connect as AWS does, before it opens', async () => {
    const { url, eventsOf } = await serve()
    await open(`${url}?ticket=t&x=1&x=2`)
    expect(eventsOf('connect')[0]).toMatchObject({
      headers: { Upgrade: 'websocket', Host: expect.any(String) },
      multiValueHeaders: { Upgrade: ['websocket'] },
      queryStringParameters: { ticket: 't', x: '2' },
      multiValueQueryStringParameters: { x: ['1', '2'] },
      isBase64Encoded: false,
      requestContext: {
        routeKey: '$connect',
        eventType: 'CONNECT',
        messageDirection: 'IN',
        stage: 'live',
        apiId: 'sockets',
        domainName: 'sockets.execute-api.us-east-1.amazonaws.com',
        connectionId: expect.stringMatching(/^[A-Za-z0-9+/]{15}=$/),
        connectedAt: expect.any(Number),
        requestTimeEpoch: expect.any(Number),
        requestId: expect.any(String),
        identity: { sourceIp: '127.0.0.1' },
      },
    })
  })

  it.each([
    ['the status that $connect returns', () => ({ statusCode: 418 }), 418],
    ['502 when it returns none', () => null, 502],
    [
      '502 when it fails',
      () => {
        throw new Error('broken')
      },
      502,
    ],
  ])('is refused with %s, and then never disconnects', async (_what, connect, status) => {
    const { url, eventsOf, api } = await serve({ functions: { connect } })
    expect(await refusedWith(url)).toBe(status)
    await api.stop()
    expect(eventsOf('disconnect')).toEqual([])
  })

  it.each([
    ['the client closes it', 4001, async (socket: WebSocket) => socket.close(4001, 'bye')],
    ['the client vanishes', 1006, async (socket: WebSocket) => socket.terminate()],
    ['the function closes it', 1000, (_: WebSocket, api: WebSocketApi, id: string) => api.delete(id)],
  ] as const)('calls $disconnect exactly once when %s', async (_how, code, end) => {
    const { url, eventsOf, api } = await serve()
    const { socket } = await open(url)
    const id = idOf(eventsOf('connect')[0])
    await end(socket, api, id)
    await vi.waitFor(() => expect(eventsOf('disconnect')).toHaveLength(1))
    await api.stop()
    expect(eventsOf('disconnect')).toMatchObject([
      {
        requestContext: {
          routeKey: '$disconnect',
          eventType: 'DISCONNECT',
          connectionId: id,
          disconnectStatusCode: code,
          disconnectReason: code === 4001 ? 'bye' : expect.any(String),
        },
      },
    ])
  })

  it('calls $disconnect when the client goes away while $connect still runs', async () => {
    const { promise: goOn, resolve: letGo } = Promise.withResolvers<void>()
    const connect = async () => {
      await goOn
      return { statusCode: 200 }
    }
    const { port, eventsOf } = await serve({ functions: { connect } })
    const client = connectTcp(port, '127.0.0.1')
    client.write(
      'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    )
    await vi.waitFor(() => expect(eventsOf('connect')).toHaveLength(1))
    client.resetAndDestroy()
    await new Promise((resolve) => client.once('close', resolve))
    letGo()
    await vi.waitFor(() => expect(eventsOf('disconnect')).toHaveLength(1))
  })

  it.each([
    ['is silent for too long', { idleMs: 30 }],
    ['has lived for too long', { lifetimeMs: 30 }],
  ])('is closed when it %s', async (_what, limits) => {
    const { url, eventsOf } = await serve({ limits })
    const { closed } = await open(url)
    expect(await closed).toEqual({ code: 1001, reason: 'Going away' })
    await vi.waitFor(() => expect(eventsOf('disconnect')).toHaveLength(1))
  })

  it('is closed when it sends too much at once', async () => {
    const { url, eventsOf } = await serve({ limits: { messageBytes: 10 } })
    const { socket, closed } = await open(url)
    socket.send('x'.repeat(11))
    expect((await closed).code).toBe(1009)
    await vi.waitFor(() => expect(eventsOf('disconnect')).toHaveLength(1))
    expect(eventsOf('default')).toEqual([])
  })

  it('ends in order when the API stops, even if the client does not answer', async () => {
    const { url, port, api, eventsOf } = await serve({ limits: { closingMs: 50 } })
    const { closed } = await open(url)
    const deaf = connectTcp(port, '127.0.0.1')
    deaf.on('error', () => {})
    deaf.write(
      'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    )
    await vi.waitFor(() => expect(eventsOf('connect')).toHaveLength(2))
    await api.stop()
    expect((await closed).code).toBe(1001)
    expect(eventsOf('disconnect')).toHaveLength(2)
  })
})

describe('an authoriser of $connect', () => {
  const authorizer = {
    functionArn: arnOf('guard'),
    identitySources: ['route.request.querystring.ticket'],
    cacheSeconds: 0,
  }
  const policy = (Effect: string, Resource: unknown = '*', Action: unknown = 'execute-api:Invoke') => ({
    principalId: 'somebody',
    policyDocument: { Version: '2012-10-17', Statement: [{ Effect, Action, Resource }] },
    context: { email: 'a@b.example' },
  })
  const arn = 'arn:aws:execute-api:us-east-1:000000000000:sockets/live/$connect'

  it('sees the opening request, and what it says about the caller reaches every event', async () => {
    const guard = (event: AnyEvent) => policy('Allow', event.methodArn)
    const { url, eventsOf } = await serve({ authorizer, functions: { guard } })
    const { socket } = await open(`${url}?ticket=t`)
    socket.send('hello')
    expect(eventsOf('guard')[0]).toMatchObject({
      type: 'REQUEST',
      methodArn: arn,
      queryStringParameters: { ticket: 't' },
      requestContext: { eventType: 'CONNECT', connectionId: idOf(eventsOf('connect')[0]) },
    })
    await vi.waitFor(() => expect(eventsOf('default')).toHaveLength(1))
    for (const name of ['connect', 'default']) {
      expect(eventsOf(name)[0].requestContext.authorizer).toEqual({ principalId: 'somebody', email: 'a@b.example' })
    }
  })

  it.each([
    ['allows everything', policy('Allow', '*', '*')],
    ['allows by wildcards', policy('Allow', ['arn:aws:execute-api:*:*:sockets/live/$conn???'], ['execute-api:*'])],
  ])('that %s opens it', async (_what, answer) => {
    const { url } = await serve({ authorizer, functions: { guard: () => answer } })
    await open(`${url}?ticket=t`)
  })

  it.each([
    ['denies', () => policy('Deny'), 403],
    ['allows something else', () => policy('Allow', `${arn}x`), 403],
    [
      'allows and denies',
      () => ({ principalId: 'x', policyDocument: { Statement: [statement('Allow'), statement('Deny')] } }),
      403,
    ],
    [
      'throws Unauthorized',
      () => {
        throw new Error('Unauthorized')
      },
      401,
    ],
    [
      'fails',
      () => {
        throw new Error('broken')
      },
      500,
    ],
    ['answers like one of an HTTP API', () => ({ isAuthorized: true }), 500],
  ])('that %s keeps it shut', async (_what, guard, status) => {
    const { url, eventsOf } = await serve({ authorizer, functions: { guard } })
    expect(await refusedWith(`${url}?ticket=t`)).toBe(status)
    expect(eventsOf('connect')).toEqual([])
  })

  it('is not even asked without the identity that it wants', async () => {
    const { url, asked } = await serve({ authorizer, functions: { guard: () => policy('Allow') } })
    expect(await refusedWith(url)).toBe(401)
    expect(await refusedWith(`${url}?ticket=`)).toBe(401)
    expect(asked).toEqual([])
  })

  const statement = (Effect: string) => ({ Effect, Action: 'execute-api:Invoke', Resource: '*' })
})

describe('a message', () => {
  it('reaches the route of its action, or $default', async () => {
    const { url, eventsOf } = await serve({ routes: ['$default', 'ping'], functions: { ping: ok } })
    const { socket } = await open(url)
    const messages = [
      '{"action":"ping"}',
      '{"action":"other"}',
      '{"action":"$connect"}',
      '{"action":7}',
      'no JSON',
      '[]',
    ]
    for (const message of messages) socket.send(message)
    await vi.waitFor(() => expect(eventsOf('default')).toHaveLength(5))
    expect(eventsOf('ping').map(({ body }) => body)).toEqual(messages.slice(0, 1))
    expect(eventsOf('default').map(({ body }) => body)).toEqual(messages.slice(1))
    expect(eventsOf('default')[0]).toMatchObject({
      isBase64Encoded: false,
      requestContext: {
        routeKey: '$default',
        eventType: 'MESSAGE',
        messageId: expect.any(String),
        connectionId: idOf(eventsOf('connect')[0]),
      },
    })
    expect(eventsOf('connect')).toHaveLength(1)
  })

  it('is handled after the one before it, and before the disconnection', async () => {
    const order: string[] = []
    const handle = async (event: AnyEvent) => {
      // The first takes longest; it must be the first to finish all the same.
      await new Promise((resolve) => setTimeout(resolve, event.body === '0' ? 20 : 1))
      order.push(event.body)
    }
    const disconnect = () => {
      order.push('disconnect')
    }
    const { url } = await serve({ functions: { default: handle, disconnect } })
    const { socket } = await open(url)
    for (let index = 0; index < 5; index++) socket.send(String(index))
    socket.close()
    await vi.waitFor(() => expect(order).toEqual(['0', '1', '2', '3', '4', 'disconnect']))
  })

  it('that its function fails on is answered without the reason', async () => {
    const broken = () => {
      throw new Error('secret detail')
    }
    const { url, eventsOf } = await serve({ functions: { default: broken } })
    const { socket, received } = await open(url)
    socket.send('hello')
    await vi.waitFor(() => expect(received).toHaveLength(1))
    expect(JSON.parse(received[0]?.text ?? '')).toEqual({
      message: 'Internal server error',
      connectionId: idOf(eventsOf('connect')[0]),
      requestId: expect.any(String),
    })
  })

  it('without any route is answered, too', async () => {
    const { url } = await serve({ routes: [] })
    const { socket, received } = await open(url)
    socket.send('hello')
    await vi.waitFor(() => expect(received).toHaveLength(1))
    expect(JSON.parse(received[0]?.text ?? '')).toMatchObject({ message: 'Forbidden' })
  })
})

describe('the management of connections', () => {
  it('sends text frames to an open connection', async () => {
    const { url, api, eventsOf } = await serve()
    const { received } = await open(url)
    const id = idOf(eventsOf('connect')[0])
    expect(await api.get(id)).toBe('ok')
    expect(await api.post(id, Buffer.from('{"ä":1}'))).toBe('ok')
    await vi.waitFor(() => expect(received).toEqual([{ text: '{"ä":1}', isBinary: false }]))
  })

  it('says of a connection that has ended, or never was, that it is gone', async () => {
    const { url, api, eventsOf } = await serve()
    const { socket } = await open(url)
    const id = idOf(eventsOf('connect')[0])
    socket.terminate()
    await vi.waitFor(() => expect(eventsOf('disconnect')).toHaveLength(1))
    for (const unknown of [id, 'AAAAAAAAAAAAAAA=']) {
      expect(await api.get(unknown)).toBe('gone')
      expect(await api.post(unknown, Buffer.from('x'))).toBe('gone')
      expect(await api.delete(unknown)).toBe('gone')
    }
  })

  it('says gone while $connect still runs', async () => {
    const states: string[] = []
    const connect = async (event: AnyEvent): Promise<unknown> => {
      states.push(await served.api.post(idOf(event), Buffer.from('early')))
      return { statusCode: 200 }
    }
    const served = await serve({ functions: { connect } })
    await open(served.url)
    expect(states).toEqual(['gone'])
  })
})
