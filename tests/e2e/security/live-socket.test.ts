import { createHash, randomBytes } from 'node:crypto'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { clientMessage } from '@glowworm/events/socket-messages'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { needs, underTest } from '../../support/cloud-under-test.ts'

let api: ApiClient
beforeAll(async () => {
  const { url, admin_email, admin_password } = underTest().cloud
  api = await ApiClient.signIn(url, admin_email, admin_password)
})

const ticketOf = async () => (await api.createTicket()).ticket
const anyTicket = () => randomBytes(32).toString('base64url')

/** A ticket that is good until then, as the table has it. */
async function ticketUntil(expiresAtMs: number): Promise<string> {
  const dynamoDb = new DynamoDBClient(underTest().aws)
  const ticket = anyTicket()
  const Item = {
    id: { S: createHash('sha256').update(ticket).digest('hex') },
    user: { S: underTest().cloud.admin_email },
    expires_at_ms: { N: String(expiresAtMs) },
  }
  await dynamoDb.send(new PutItemCommand({ TableName: underTest().own.ticketsTable, Item }))
  return ticket
}

async function usedTicket(): Promise<string> {
  const ticket = await ticketOf()
  const { socket } = await open(`?ticket=${ticket}`)
  socket?.terminate()
  return ticket
}

/** What opening a socket is answered: 101, or the status of the refusal. */
function open(query: string, headers: Record<string, string> = {}, path = '') {
  return new Promise<{ status: number; socket: WebSocket | null }>((resolve, reject) => {
    const socket = new WebSocket(`${underTest().cloud.ws_url}${path}${query}`, { headers })
    socket.on('open', () => resolve({ status: 101, socket }))
    socket.on('unexpected-response', (_request, response) => {
      socket.terminate()
      resolve({ status: response.statusCode ?? 0, socket: null })
    })
    socket.on('error', (error) => reject(error))
  })
}

/** What the gateway decides, and each gateway in its way. */
const ofTheGateway = ['by a name that is not ours (DNS rebinding)', 'at another path', 'a route of the gateway']

/** Who may open a socket: the holder of a ticket, once. A ticket is all there is; no cookie and no token counts. */
const openings: Readonly<
  Record<string, { readonly status: number; readonly come: () => Promise<Parameters<typeof open>> }>
> = {
  'nobody, without a ticket': { status: 401, come: async () => [''] },
  'with an empty ticket': { status: 401, come: async () => ['?ticket='] },
  'with a ticket of their own making': { status: 401, come: async () => [`?ticket=${anyTicket()}`] },
  'with a ticket that was changed': { status: 401, come: async () => [`?ticket=${await ticketOf()}x`] },
  'with a used ticket': { status: 401, come: async () => [`?ticket=${await usedTicket()}`] },
  'with an expired ticket': { status: 401, come: async () => [`?ticket=${await ticketUntil(Date.now() - 1_000)}`] },
  'with the same, had it not expired': {
    status: 101,
    come: async () => [`?ticket=${await ticketUntil(Date.now() + 60_000)}`],
  },
  "with an admin's token in place of a ticket": {
    status: 401,
    come: async () => ['', { authorization: `Bearer ${api.accessToken}` }],
  },
  "with an admin's cookie in place of a ticket": {
    status: 401,
    come: async () => ['', { cookie: `glowworm_access=${api.accessToken}` }],
  },
  'from a page of another site, without a ticket': {
    status: 401,
    come: async () => ['', { origin: 'https://evil.example' }],
  },
  'by a name that is not ours (DNS rebinding)': {
    status: 404,
    come: async () => [`?ticket=${await ticketOf()}`, { host: 'evil.example' }],
  },
  'at another path': { status: 404, come: async () => [`?ticket=${await ticketOf()}`, {}, '/admin'] },
  'with a ticket': { status: 101, come: async () => [`?ticket=${await ticketOf()}`] },
  // No page of another site can come by one: that is a row of the routes' table.
  'with a ticket, whatever page it says it is': {
    status: 101,
    come: async () => [`?ticket=${await ticketOf()}`, { origin: 'https://evil.example' }],
  },
}

describe('opening a socket', () => {
  it.for(Object.entries(openings))('%s: $status', async ([who, { status, come }], context) => {
    if (ofTheGateway.includes(who)) needs(context, 'a gateway of our own')
    const call = await come()
    const opened = await open(...call)
    opened.socket?.terminate()
    // Without a ticket the gateway itself refuses, and asks no authoriser.
    const asksAuthoriser = /^\?ticket=./.test(call[0])
    const mayBe500 = status === 401 && asksAuthoriser && underTest().cannot["an authoriser's 401"] !== undefined
    expect(mayBe500 ? [401, 500] : [status]).toContain(opened.status)
  })

  it('is for one of many who come at once with the same ticket', async () => {
    const ticket = await ticketOf()
    const opened = await Promise.all(Array.from({ length: 8 }, () => open(`?ticket=${ticket}`)))
    for (const { socket } of opened) socket?.terminate()
    expect(opened.filter(({ status }) => status === 101)).toHaveLength(1)
  })
})

/** What each action is answered on an open socket. */
const actions: Readonly<Record<string, { readonly send: object; readonly answer: object }>> = {
  subscribe: { send: { action: 'subscribe', channels: ['images'] }, answer: { type: 'hello' } },
  ping: { send: { action: 'ping' }, answer: { type: 'pong' } },
}

const refusal = { type: 'error', error: { code: 'invalid_message', message: expect.any(String) } }

/** What is no message of ours; the connection outlives it. */
const nonsense: Readonly<Record<string, string | Buffer>> = {
  'an unknown action': '{"action":"delete","id":"1"}',
  'a route of the gateway': '{"action":"$disconnect"}',
  'an unknown channel': '{"action":"subscribe","channels":["settings"]}',
  'no channel': '{"action":"subscribe","channels":[]}',
  'an additional field': '{"action":"ping","as":"admin"}',
  'an id that is none': '{"action":"subscribe","channels":["images"],"since":"0; DROP"}',
  'a prototype': '{"__proto__":{"action":"ping"}}',
  'no object': '"ping"',
  'no JSON': 'ping',
  nothing: '',
  'binary noise': Buffer.from([0xff, 0xfe, 0, 1]),
}

describe('on an open socket', () => {
  async function ask(message: string | Buffer): Promise<unknown> {
    const { socket } = await open(`?ticket=${await ticketOf()}`)
    if (socket === null) throw new Error('Expected a socket, was refused')
    onTestFinished(() => socket.terminate())
    const answer = new Promise<unknown>((resolve) =>
      socket.once('message', (data) => resolve(JSON.parse(String(data)))),
    )
    socket.send(message)
    return answer
  }

  it('every action of the contract has a row', () => {
    const known = clientMessage.options.map(({ shape }) => shape.action.value)
    expect(Object.keys(actions).toSorted()).toEqual(known.toSorted())
    const routes = underTest().routes.filter((route) => route.startsWith('$'))
    expect(routes).toEqual(['$connect', '$default', '$disconnect'])
  })

  it.each(Object.entries(actions))('%s is answered', async (_action, { send, answer }) => {
    expect(await ask(JSON.stringify(send))).toMatchObject(answer)
  })

  it.for(Object.entries(nonsense))('%s is refused', async ([what, message], context) => {
    if (ofTheGateway.includes(what)) needs(context, 'a gateway of our own')
    expect(await ask(message)).toEqual(refusal)
  })
})
