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

describe('an event', () => {
  it('reaches everybody who has subscribed, and the log', async () => {
    const world = createLiveWorld()
    const clients = Array.from({ length: 150 }, (_, index) => `client-${index}`)
    for (const client of clients) await subscriber(world, client)
    await world.connections.open('silent', 'admin@example.org')
    const event = makeEvent(world)
    await notify(world, event)
    for (const client of clients) expect(received(world, client).at(-1)).toEqual(event)
    expect(world.sockets.sent.has('silent')).toBe(false)
    expect(world.eventLog.events).toEqual([event])
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

  it('is delivered again when somebody could not be reached, after everybody else was', async () => {
    const world = createLiveWorld()
    for (const client of ['a', 'b', 'c']) await subscriber(world, client)
    const sockets: LiveWorld['sockets'] = {
      ...world.sockets,
      send: (id, message) => (id === 'b' ? Promise.reject(new Error('busy')) : world.sockets.send(id, message)),
    }
    await expect(notify({ ...world, sockets }, makeEvent(world))).rejects.toThrow(AggregateError)
    expect(typesOf(world, 'a')).toContain('image:created')
    expect(typesOf(world, 'c')).toContain('image:created')
    expect(await world.connections.subscribers('images')).toContain('b')
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
        latest_event_id: event.id,
        server_time: world.ambient.now().toISOString(),
      },
    ])
  })

  it('that comes back is told what it missed, in order, after the greeting', async () => {
    const world = createLiveWorld()
    const events = [makeEvent(world), makeEvent(world), makeEvent(world)] as const
    for (const event of events) await notify(world, event)
    await subscriber(world, 'a', events[0].id)
    expect(received(world, 'a').slice(1)).toEqual(events.slice(1))
  })

  it('misses nothing that happens while it subscribes', async () => {
    const world = createLiveWorld()
    const first = makeEvent(world)
    await notify(world, first)
    const during = Array.from({ length: 10 }, () => makeEvent(world))
    await Promise.all([subscriber(world, 'a', first.id), ...during.map((event) => notify(world, event))])
    const ids = received(world, 'a').flatMap((message) => ('id' in message ? [message.id] : []))
    expect(new Set(ids)).toEqual(new Set(during.map(({ id }) => id)))
  })

  it('is told to fetch the state again when the log cannot serve it', async () => {
    const world = createLiveWorld()
    await subscriber(world, 'a', '01KAQ9ZXH00000000000000000')
    expect(typesOf(world, 'a')).toEqual(['hello', 'resync_required'])
  })

  it('is told to fetch the state again when telling it takes too long', async () => {
    const world = createLiveWorld()
    const events = Array.from({ length: 30 }, () => makeEvent(world))
    for (const event of events) await notify(world, event)
    const sockets: LiveWorld['sockets'] = {
      ...world.sockets,
      send: (id, message) => {
        world.ambient.advance(1_000)
        return world.sockets.send(id, message)
      },
    }
    await subscriber({ ...world, sockets }, 'a', events[0]?.id)
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
