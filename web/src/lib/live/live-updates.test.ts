import type { SentUpdate, ServerMessage } from '@glowworm/events/socket-messages'
import { describe, expect, it } from 'vitest'
import { imageWith } from '#lib/testing/image.ts'
import type { Socket } from './live-line.ts'
import { type LiveState, LiveUpdates } from './live-updates.ts'

const at = '2026-01-01T00:00:00.000Z'
const idOf = (number: number) => `01K${String(number).padStart(23, '0')}`
const positionOf = (number: number) => `01P${String(number).padStart(23, '0')}`
const event = (number: number, position = number): SentUpdate => ({
  id: idOf(number),
  position: positionOf(position),
  type: 'image:deleted',
  image_id: imageWith().id,
  revision: number,
  occurred_at: at,
  correlation_id: 'c',
  status: 'complete',
  progress: 100,
  data: {},
})

/** The server's end of one socket. */
class FakeSocket implements Socket {
  readonly #listeners = new Map<string, (event: { data: unknown }) => void>()
  readonly sent: unknown[] = []
  closed = false

  addEventListener(type: string, listener: (event: { data: unknown }) => void) {
    this.#listeners.set(type, listener)
  }
  emit(type: 'open' | 'message' | 'close', data: unknown = null) {
    this.#listeners.get(type)?.({ data })
  }
  send(data: string) {
    this.sent.push(JSON.parse(data))
  }
  close() {
    this.closed = true
  }
  say(message: ServerMessage | { readonly message: string }) {
    this.emit('message', JSON.stringify(message))
  }
  greet(latest: number | null) {
    this.emit('open')
    this.say({
      type: 'hello',
      connection_id: 'c',
      channels: ['images'],
      latest_position: latest === null ? null : positionOf(latest),
      server_time: at,
    })
  }
  completeReplay() {
    this.say({ type: 'replay_complete' })
  }
  pong() {
    this.say({ type: 'pong', server_time: at })
  }
}

/** A connection whose clock, sockets and tickets are the test's. */
function createWorld({ random = 1 } = {}) {
  let now = 0
  let timers: { readonly due: number; readonly act: () => void }[] = []
  const sockets: FakeSocket[] = []
  const heard: string[] = []
  const states: LiveState[] = []
  const world = { gaps: 0, tickets: 0, refused: false }
  const live = new LiveUpdates({
    createTicket: async () => {
      world.tickets++
      if (world.refused) throw new Error('away')
      return { url: 'wss://example.org/live', ticket: 'secret' }
    },
    openSocket: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket
    },
    after: (ms, act) => {
      const timer = { due: now + ms, act }
      timers.push(timer)
      return () => {
        timers = timers.filter((one) => one !== timer)
      }
    },
    random: () => random,
    onEvent: ({ id }) => heard.push(id),
    onGap: () => world.gaps++,
    onState: (state) => states.push(state),
  })
  /** Lets time pass, and everything happen that is due meanwhile. */
  const pass = async (ms: number) => {
    const end = now + ms
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = timers.filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due)[0]
      if (next === undefined) break
      now = Math.max(now, next.due)
      timers = timers.filter((one) => one !== next)
      next.act()
    }
    now = end
  }
  const last = () => {
    const socket = sockets.at(-1)
    if (socket === undefined) throw new Error('Expected a socket')
    return socket
  }
  /** Opens the connection and has it greeted. */
  const goLive = async (latest: number | null = 1) => {
    live.open()
    await pass(0)
    last().greet(latest)
    return last()
  }
  return { live, world, sockets, last, heard, states, pass, goLive, timers: () => timers.length }
}

describe('the live connection', () => {
  it('is live once it is greeted, and has the state fetched that was before', async () => {
    const { goLive, world, states } = createWorld()
    const socket = await goLive()
    expect(socket.sent).toEqual([{ action: 'subscribe', channels: ['images'] }])
    expect(states).toEqual(['connecting', 'live'])
    expect(world.gaps).toBe(1)
  })

  it('asks for what it missed, and fetches nothing', async () => {
    const { goLive, pass, last, sockets, heard, states, world } = createWorld()
    const first = await goLive(1)
    first.say(event(2))
    first.emit('close')
    expect(states.at(-1)).toBe('offline')
    await pass(500)
    expect(sockets).toHaveLength(2)
    last().greet(4)
    expect(last().sent).toEqual([{ action: 'subscribe', channels: ['images'], since: positionOf(2) }])
    for (const number of [2, 3, 4]) last().say(event(number))
    last().completeReplay()
    expect(heard).toEqual([2, 3, 4].map(idOf))
    expect(world.gaps).toBe(1)
    expect(states.at(-1)).toBe('live')
  })

  it('asks again for the whole replay when it broke off, whatever came live meanwhile', async () => {
    const { goLive, pass, last, heard } = createWorld()
    const first = await goLive(1)
    first.emit('close')
    await pass(500)
    last().emit('open')
    // Live events may overtake all of it, that which the greeting names and the greeting itself included.
    last().say(event(4))
    last().greet(3)
    last().say(event(9))
    last().say(event(3))
    last().say(event(2))
    last().emit('close')
    await pass(500)
    last().greet(9)
    expect(last().sent).toMatchObject([{ since: positionOf(1) }])
    for (const number of [2, 3, 4, 9]) last().say(event(number))
    last().completeReplay()
    expect(heard).toEqual([4, 9, 3, 2].map(idOf))
    last().emit('close')
    await pass(500)
    last().greet(9)
    expect(last().sent).toMatchObject([{ since: positionOf(9) }])
  })

  it('knows an event by its id, and where it stands by its highest position', async () => {
    const { goLive, pass, last, heard } = createWorld()
    const first = await goLive(1)
    first.say(event(2, 7))
    first.say(event(3, 5))
    first.say(event(2, 8))
    expect(heard).toEqual([2, 3].map(idOf))
    first.emit('close')
    await pass(500)
    last().greet(8)
    expect(last().sent).toMatchObject([{ since: positionOf(8) }])
  })

  it('goes on from the end of a replay that told nothing new', async () => {
    const { goLive, pass, last, world } = createWorld()
    const first = await goLive(1)
    first.emit('close')
    await pass(500)
    last().greet(1)
    last().completeReplay()
    last().say(event(2))
    last().emit('close')
    await pass(500)
    last().greet(2)
    expect(last().sent).toMatchObject([{ since: positionOf(2) }])
    expect(world.gaps).toBe(1)
  })

  it.each(['{"type":"image:upd', '{"type":"image:unheard-of"}', '{"message":"Internal server error"}'])(
    'fetches the state, once for all that comes at about the same time, after what nobody understands: %s',
    async (frame) => {
      const { goLive, pass, world, states } = createWorld()
      const socket = await goLive()
      for (let count = 0; count < 3; count++) socket.emit('message', frame)
      await pass(5_000)
      expect(world.gaps).toBe(2)
      socket.emit('message', frame)
      await pass(5_000)
      expect(world.gaps).toBe(3)
      expect([socket.closed, states.at(-1)]).toEqual([false, 'live'])
    },
  )

  it('goes on from where it is when a replay ends in what nobody understands, as the state is fetched', async () => {
    const { goLive, pass, last, world } = createWorld()
    const first = await goLive(1)
    first.emit('close')
    await pass(500)
    last().greet(3)
    last().say({ message: 'Internal server error' })
    last().emit('close')
    await pass(5_000)
    expect(world.gaps).toBe(2)
    last().greet(3)
    expect(last().sent).toMatchObject([{ since: positionOf(3) }])
  })

  it('fetches the state when the replay is too much, and begins there the next time', async () => {
    const { goLive, pass, last, world } = createWorld()
    const first = await goLive(1)
    first.emit('close')
    await pass(500)
    last().greet(900)
    last().say({ type: 'resync_required', reason: 'too much' })
    expect(world.gaps).toBe(2)
    last().emit('close')
    await pass(500)
    last().greet(900)
    expect(last().sent).toMatchObject([{ since: positionOf(900) }])
  })

  it('tries again after pauses that grow, up to half a minute, and jitter', async () => {
    const { live, pass, world } = createWorld()
    world.refused = true
    live.open()
    const tries: number[] = []
    for (let second = 0; second < 120; second++) {
      const before = world.tickets
      await pass(1_000)
      if (world.tickets > before) tries.push(second)
    }
    expect(tries).toEqual([0, 2, 6, 14, 30, 60, 90])

    const early = createWorld({ random: 0 })
    early.world.refused = true
    early.live.open()
    await early.pass(500)
    expect(early.world.tickets).toBe(2)
  })

  it('gives up a server that does not greet, and one whose function failed', async () => {
    const { live, pass, last, sockets, states } = createWorld()
    live.open()
    await pass(0)
    last().emit('open')
    await pass(20_000)
    expect(sockets[0]?.closed).toBe(true)
    await pass(1_000)
    expect(sockets).toHaveLength(2)
    last().say({ message: 'Internal server error' })
    expect(last().closed).toBe(true)
    expect(states).toEqual(['connecting', 'offline', 'offline'])
  })

  it('asks a silent server whether it is there, and leaves it after 15 seconds without an answer', async () => {
    const { goLive, pass, sockets, states } = createWorld()
    const socket = await goLive()
    await pass(60_000)
    expect(socket.sent.at(-1)).toEqual({ action: 'ping' })
    await pass(14_999)
    socket.pong()
    await pass(60_000 + 14_999)
    expect([socket.closed, states.at(-1)]).toEqual([false, 'live'])
    await pass(1)
    expect([socket.closed, states.at(-1)]).toEqual([true, 'offline'])
    await pass(500)
    expect(sockets).toHaveLength(2)
  })

  it('takes every message for a sign of life', async () => {
    const { goLive, pass } = createWorld()
    const socket = await goLive()
    for (let number = 2; number < 10; number++) {
      await pass(50_000)
      socket.say(event(number))
    }
    expect(socket.sent).toHaveLength(1)
  })

  it('is renewed before its time is up: the new line stands before the old one goes, and no event counts twice', async () => {
    const { goLive, pass, last, sockets, heard, states, world } = createWorld()
    const old = await goLive(1)
    for (let minute = 0; minute < 110; minute++) {
      await pass(60_000)
      if (old.sent.length > 1) old.pong()
    }
    expect(sockets).toHaveLength(2)
    old.say(event(2))
    expect([old.closed, states.at(-1)]).toEqual([false, 'live'])
    last().greet(2)
    expect(old.closed).toBe(true)
    last().say(event(2))
    last().say(event(3))
    expect(heard).toEqual([2, 3].map(idOf))
    expect(states).toEqual(['connecting', 'live', 'live'])
    expect(world.gaps).toBe(1)
  })

  it('keeps the old line when the new one cannot be had', async () => {
    const { goLive, pass, world, states } = createWorld()
    const old = await goLive(1)
    world.refused = true
    for (let minute = 0; minute < 112; minute++) {
      await pass(60_000)
      old.pong()
    }
    expect(world.tickets).toBeGreaterThan(2)
    expect([old.closed, states.at(-1)]).toEqual([false, 'live'])
  })

  it('does not wait for the next attempt when the device finds a network or wakes up', async () => {
    const { live, goLive, pass, sockets, world } = createWorld()
    const socket = await goLive()
    world.refused = true
    socket.emit('close')
    await pass(60_000)
    world.refused = false
    live.reconsider()
    await pass(0)
    expect(sockets).toHaveLength(2)
  })

  it('asks at once whether a line still lives when the device wakes up', async () => {
    const { live, goLive, pass, states } = createWorld()
    const socket = await goLive()
    live.reconsider()
    expect(socket.sent.at(-1)).toEqual({ action: 'ping' })
    await pass(15_000)
    expect(states.at(-1)).toBe('offline')
  })

  it('is offline the moment the device loses its network', async () => {
    const { live, goLive, states } = createWorld()
    const socket = await goLive()
    live.interrupt()
    expect([socket.closed, states.at(-1)]).toEqual([true, 'offline'])
  })

  it('ends for good when it is closed, and begins from nothing when it is opened again', async () => {
    const { live, goLive, pass, sockets, world, timers } = createWorld()
    const socket = await goLive(5)
    live.close()
    expect([socket.closed, timers()]).toEqual([true, 0])
    await pass(3_600_000)
    expect(sockets).toHaveLength(1)
    const again = await goLive(7)
    expect(again.sent).toEqual([{ action: 'subscribe', channels: ['images'] }])
    expect(world.gaps).toBe(2)
  })
})
