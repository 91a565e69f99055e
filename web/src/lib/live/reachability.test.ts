import { describe, expect, it } from 'vitest'
import { Reachability } from './reachability.ts'

/** A server and a network that the test switches on and off; pauses end when the test says so. */
function createWorld() {
  const world = { network: true, server: true, probes: 0 }
  const changes: string[] = []
  const pauses: { ms: number; end: () => void }[] = []
  const reachability = new Reachability({
    probe: async () => {
      world.probes++
      if (!world.server) throw new TypeError('Failed to fetch')
      return true
    },
    hasNetwork: () => world.network,
    pause: (ms, signal) =>
      new Promise((resolve) => {
        pauses.push({ ms, end: resolve })
        signal.addEventListener('abort', () => resolve())
      }),
    random: () => 1,
    onChange: (reach) => changes.push(reach),
  })
  return { world, changes, pauses, reachability }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))
const never = new AbortController().signal

describe('whether the server can be reached', () => {
  it('is not asked as long as nobody doubts it', async () => {
    const { world, reachability } = createWorld()
    await reachability.whenReachable(never)
    reachability.reconsider()
    expect(world.probes).toBe(0)
  })

  it('is the fault of the request, if the server answers', async () => {
    const { changes, reachability } = createWorld()
    expect(await reachability.answers()).toBe(true)
    expect(changes).toEqual([])
  })

  it('is asked again and again, after pauses that grow, until it answers', async () => {
    const { world, changes, pauses, reachability } = createWorld()
    world.server = false
    expect(await reachability.answers()).toBe(false)
    let waited = false
    void reachability.whenReachable(never).then(() => {
      waited = true
    })
    for (let round = 0; round < 6; round++) {
      await settle()
      pauses.at(-1)?.end()
    }
    await settle()
    expect(waited).toBe(false)
    world.server = true
    pauses.at(-1)?.end()
    await settle()
    expect(waited).toBe(true)
    expect(pauses.map(({ ms }) => ms)).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
    expect(changes).toEqual(['no server', 'reachable'])
  })

  it('is asked at once when a network comes back, and nobody is asked while there is none', async () => {
    const { world, changes, reachability } = createWorld()
    world.network = false
    reachability.reconsider()
    await settle()
    expect(world.probes).toBe(0)
    world.network = true
    reachability.reconsider()
    await reachability.whenReachable(never)
    expect(changes).toEqual(['offline', 'reachable'])
  })

  it('is one question for all that ask at the same time', async () => {
    const { world, reachability } = createWorld()
    await Promise.all([reachability.answers(), reachability.answers(), reachability.answers()])
    expect(world.probes).toBe(1)
  })

  it('keeps nobody waiting who has given up', async () => {
    const { world, reachability } = createWorld()
    world.network = false
    reachability.reconsider()
    const controller = new AbortController()
    const waiting = reachability.whenReachable(controller.signal)
    controller.abort(new Error('canceled'))
    await expect(waiting).rejects.toThrow('canceled')
  })
})
