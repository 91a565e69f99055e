import type { ImageEvent } from '@glowworm/events/image-events'
import { serverMessage } from '@glowworm/events/socket-messages'
import { describe, expect, it } from 'vitest'
import { imageCreated } from '../core/events-of-image.ts'
import { makeRecord } from '../core/testing/image-factories.ts'
import { connectSocket } from './connect-socket.ts'
import { createTicket } from './create-ticket.ts'
import { notify } from './notify.ts'
import { receiveSocketMessage } from './receive-socket-message.ts'
import { createClock } from './testing/clock.ts'
import {
  inMemoryConnections,
  inMemoryEventLog,
  inMemoryLog,
  inMemorySockets,
  inMemoryTickets,
} from './testing/in-memory-ports.ts'

function createLiveWorld(...gone: readonly string[]) {
  const ambient = createClock()
  return {
    ambient,
    connections: inMemoryConnections(),
    eventLog: inMemoryEventLog(),
    sockets: inMemorySockets(gone),
    tickets: inMemoryTickets(ambient.now),
    log: inMemoryLog(),
    newSecret: () => 'secret',
  }
}
type LiveWorld = ReturnType<typeof createLiveWorld>

const makeEvent = (world: LiveWorld): ImageEvent => imageCreated(makeRecord(), world.ambient)
const subscribe = { action: 'subscribe', channels: ['images'] } as const

async function subscriber(world: LiveWorld, id: string, since?: string): Promise<void> {
  await world.connections.open(id, 'admin@example.org')
  await receiveSocketMessage(world, id, { ...subscribe, channels: ['images'], ...(since !== undefined && { since }) })
}

const received = (world: LiveWorld, id: string) => {
  const messages = world.sockets.sent.get(id) ?? []
  for (const message of messages) expect(serverMessage.parse(message)).toEqual(message)
  return messages
}
const typesOf = (world: LiveWorld, id: string) => received(world, id).map(({ type }) => type)
const idsOf = (world: LiveWorld, id: string) =>
  received(world, id).flatMap((message) => ('id' in message ? [message.id] : []))

/** Sockets that refuse what is for these clients. */
const busyFor = (world: LiveWorld, ...clients: readonly string[]): LiveWorld['sockets'] => ({
  ...world.sockets,
  send: (id, message) => (clients.includes(id) ? Promise.reject(new Error('busy')) : world.sockets.send(id, message)),
})

describe('an event', () => {
  it('reaches everybody who has subscribed, and the log', async () => {
    const world = createLiveWorld()
    const clients = Array.from({ length: 150 }, (_, index) => `client-${index}`)
    for (const client of clients) await subscriber(world, client)
    await world.connections.open('silent', 'admin@example.org')
    const event = makeEvent(world)
    await notify(world, event)
    const sent = { ...event, position: expect.any(String) }
    for (const client of clients) expect(received(world, client).at(-1)).toEqual(sent)
    expect(world.sockets.sent.has('silent')).toBe(false)
    expect(world.eventLog.events).toEqual([sent])
  })

  it('is in the log before anybody is looked up', async () => {
    const world = createLiveWorld()
    const order: string[] = []
    await notify(
      {
        ...world,
        eventLog: { ...world.eventLog, append: async () => void order.push('append') },
        connections: {
          ...world.connections,
          subscribers: async () => {
            order.push('look up')
            return []
          },
        },
      },
      makeEvent(world),
    )
    expect(order).toEqual(['append', 'look up'])
  })

  it('forgets a client that has left, and reaches the others', async () => {
    const world = createLiveWorld('gone')
    await world.connections.open('gone', 'admin@example.org')
    await world.connections.subscribe('gone', ['images'])
    await subscriber(world, 'here')
    await notify(world, makeEvent(world))
    expect(await world.connections.subscribers('images')).toEqual(['here'])
    expect(typesOf(world, 'here')).toEqual(['hello', 'image:created'])
  })

  it('ends the connection of the one who takes nothing, so that the others are told once', async () => {
    const world = createLiveWorld()
    for (const client of ['a', 'b', 'c']) await subscriber(world, client)
    await notify({ ...world, sockets: busyFor(world, 'b') }, makeEvent(world))
    expect(typesOf(world, 'a')).toContain('image:created')
    expect(typesOf(world, 'c')).toContain('image:created')
    expect(world.sockets.disconnected).toEqual(['b'])
    expect(await world.connections.subscribers('images')).toEqual(['a', 'c'])
  })

  it('is delivered again when one could be neither told nor disconnected', async () => {
    const world = createLiveWorld()
    for (const client of ['a', 'b', 'c']) await subscriber(world, client)
    const sockets = { ...busyFor(world, 'b'), disconnect: () => Promise.reject(new Error('away')) }
    await expect(notify({ ...world, sockets }, makeEvent(world))).rejects.toThrow(AggregateError)
    expect(await world.connections.subscribers('images')).toContain('b')
  })

  it('is delivered again, and nobody disconnected, when most could not be told', async () => {
    const world = createLiveWorld()
    for (const client of ['a', 'b', 'c']) await subscriber(world, client)
    await expect(notify({ ...world, sockets: busyFor(world, 'a', 'b') }, makeEvent(world))).rejects.toThrow(
      AggregateError,
    )
    expect(typesOf(world, 'c')).toContain('image:created')
    expect(world.sockets.disconnected).toEqual([])
    expect(await world.connections.subscribers('images')).toEqual(['a', 'b', 'c'])
  })

  it('that is delivered late is told to a client that came back before it, and to one that comes back after', async () => {
    const world = createLiveWorld()
    const [late, early] = [makeEvent(world), makeEvent(world)]
    await notify(world, early)
    const known = world.eventLog.events[0]?.position
    await subscriber(world, 'before', known)
    await notify(world, late)
    await subscriber(world, 'after', known)
    expect(typesOf(world, 'before')).toEqual(['hello', 'image:created', 'replay_complete', 'image:created'])
    expect(idsOf(world, 'before')).toEqual([early.id, late.id])
    expect(typesOf(world, 'after')).toEqual(['hello', 'image:created', 'image:created', 'replay_complete'])
    expect(idsOf(world, 'after')).toEqual([early.id, late.id])
  })

  it('keeps its id and gets another position when it is delivered again', async () => {
    const world = createLiveWorld()
    const [event, other] = [makeEvent(world), makeEvent(world)]
    for (const delivered of [event, other, event]) await notify(world, delivered)
    expect(world.eventLog.events.map(({ id }) => id)).toEqual([event.id, other.id, event.id])
    const positions = world.eventLog.events.map(({ position }) => position)
    expect(positions).toEqual([...new Set(positions)].toSorted())
  })

  it('that takes long to be told gets a later position, and goes to whoever has come meanwhile, and to nobody twice', async () => {
    const world = createLiveWorld()
    const event = makeEvent(world)
    await subscriber(world, 'slow')
    const sockets: LiveWorld['sockets'] = {
      ...world.sockets,
      send: async (id, message) => {
        if (id === 'slow') {
          world.ambient.advance(5_001)
          await subscriber(world, 'new')
        }
        return world.sockets.send(id, message)
      },
    }
    await notify({ ...world, sockets }, event)
    const [first, second] = world.eventLog.events
    expect(received(world, 'slow').slice(1)).toEqual([first])
    expect(received(world, 'new').slice(1)).toEqual([second])
    expect([first?.id, second?.id]).toEqual([event.id, event.id])
    expect(world.eventLog.events).toHaveLength(2)
  })
})

describe('a client', () => {
  it('is greeted with where the live stream begins', async () => {
    const world = createLiveWorld()
    const event = makeEvent(world)
    await notify(world, event)
    await subscriber(world, 'a')
    expect(received(world, 'a')).toEqual([
      {
        type: 'hello',
        connection_id: 'a',
        channels: ['images'],
        latest_position: world.eventLog.events[0]?.position,
        server_time: world.ambient.now().toISOString(),
      },
    ])
  })

  it('that comes back is told what it missed, in order, after the greeting', async () => {
    const world = createLiveWorld()
    for (let count = 0; count < 3; count++) await notify(world, makeEvent(world))
    const [, second, third] = world.eventLog.events
    await subscriber(world, 'a', second?.position)
    expect(received(world, 'a').slice(1)).toEqual([second, third, { type: 'replay_complete' }])
  })

  it('misses nothing that happens while it subscribes', async () => {
    const world = createLiveWorld()
    const first = makeEvent(world)
    await notify(world, first)
    const during = Array.from({ length: 10 }, () => makeEvent(world))
    await Promise.all([
      subscriber(world, 'a', world.eventLog.events[0]?.position),
      ...during.map((event) => notify(world, event)),
    ])
    expect(new Set(idsOf(world, 'a'))).toEqual(new Set([first, ...during].map(({ id }) => id)))
  })

  it('is told to fetch the state again when the log cannot serve it', async () => {
    const world = createLiveWorld()
    await subscriber(world, 'a', '01KAQ9ZXH00000000000000000')
    expect(typesOf(world, 'a')).toEqual(['hello', 'resync_required'])
  })

  it('is told to fetch the state again when telling it takes too long', async () => {
    const world = createLiveWorld()
    for (let count = 0; count < 30; count++) await notify(world, makeEvent(world))
    const sockets: LiveWorld['sockets'] = {
      ...world.sockets,
      send: (id, message) => {
        world.ambient.advance(1_000)
        return world.sockets.send(id, message)
      },
    }
    await subscriber({ ...world, sockets }, 'a', world.eventLog.events[0]?.position)
    const types = typesOf(world, 'a')
    expect(types.at(-1)).toBe('resync_required')
    expect(types.length).toBeLessThan(20)
  })

  it('gets a pong for a ping', async () => {
    const world = createLiveWorld()
    await receiveSocketMessage(world, 'a', { action: 'ping' })
    expect(received(world, 'a')).toEqual([{ type: 'pong', server_time: world.ambient.now().toISOString() }])
  })

  it('keeps its connection after a message that nobody understands', async () => {
    const world = createLiveWorld()
    await subscriber(world, 'a')
    await receiveSocketMessage(world, 'a', null)
    expect(received(world, 'a').at(-1)).toMatchObject({ type: 'error', error: { code: 'invalid_message' } })
    expect(await world.connections.subscribers('images')).toEqual(['a'])
  })

  it('cannot subscribe without having connected', async () => {
    const world = createLiveWorld()
    await receiveSocketMessage(world, 'a', { ...subscribe, channels: ['images'] })
    expect(received(world, 'a')).toMatchObject([{ type: 'error', error: { code: 'unknown_connection' } }])
  })

  it('that leaves while it is answered is forgotten', async () => {
    const world = createLiveWorld('a')
    await subscriber(world, 'a')
    expect(await world.connections.subscribers('images')).toEqual([])
  })
})

describe('a ticket', () => {
  const admin = { email: 'admin@example.org' }

  it('is for nobody who has not signed in', async () => {
    await expect(createTicket(createLiveWorld(), null, 'wss://example.org/live')).rejects.toMatchObject({ status: 401 })
  })

  it('opens one connection, for whom it was made', async () => {
    const world = createLiveWorld()
    const { ticket, expires_at } = await createTicket(world, admin, 'wss://example.org/live')
    expect(expires_at).toBe('2026-11-23T08:01:00.000Z')
    await connectSocket(world, 'a', ticket)
    expect(await world.connections.subscribe('a', ['images'])).toBe(true)
    await expect(connectSocket(world, 'b', ticket)).rejects.toMatchObject({ status: 401, code: 'unauthorized' })
  })

  it('opens nothing after a minute, nor when it is missing', async () => {
    const world = createLiveWorld()
    const { ticket } = await createTicket(world, admin, 'wss://example.org/live')
    world.ambient.advance(60_000)
    await expect(connectSocket(world, 'a', ticket)).rejects.toMatchObject({ status: 401 })
    await expect(connectSocket(world, 'a', undefined)).rejects.toMatchObject({ status: 401 })
  })
})
