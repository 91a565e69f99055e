import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FunctionModel } from '../model.ts'
import type { EnvironmentProcess } from './environment-process.ts'
import { Fleet } from './fleet.ts'

/** As much of an environment as the fleet looks at. */
class FakeEnvironment {
  readonly model: FunctionModel
  readonly exited: Promise<void>
  isUsable = true
  #exit = () => {}

  constructor(model: FunctionModel) {
    this.model = model
    this.exited = new Promise((resolve) => {
      this.#exit = resolve
    })
  }

  kill(): void {
    this.isUsable = false
    this.#exit()
  }
}

function aModel(name: string, reservedConcurrency: number | null = null): FunctionModel {
  return { name, reservedConcurrency } as FunctionModel
}

function aFleet(limit: number) {
  return new Fleet(limit, (model) => new FakeEnvironment(model) as unknown as EnvironmentProcess)
}

/** Whether it has settled, after everything that is due has happened. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true
  const settle = () => {
    pending = false
  }
  promise.then(settle, settle)
  await new Promise((resolve) => setImmediate(resolve))
  return pending
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the fleet', () => {
  it('prefers the environment that was used last', async () => {
    const fleet = aFleet(4)
    const upload = aModel('upload')
    const [first, second] = [await fleet.acquire(upload), await fleet.acquire(upload)]
    fleet.release(second)
    fleet.release(first)
    expect(await fleet.acquire(upload)).toBe(first)
    expect(await fleet.acquire(upload)).toBe(second)
  })

  it('ends the environment that has been idle longest when another function needs its place', async () => {
    const fleet = aFleet(2)
    const [old, recent] = [await fleet.acquire(aModel('old')), await fleet.acquire(aModel('recent'))]
    fleet.release(old)
    fleet.release(recent)
    await fleet.acquire(aModel('new'))
    expect([old.isUsable, recent.isUsable]).toEqual([false, true])
  })

  it('lets invocations wait in turn when every place is busy', async () => {
    const fleet = aFleet(1)
    const busy = await fleet.acquire(aModel('busy'))
    const [next, last] = [fleet.acquire(aModel('next')), fleet.acquire(aModel('last'))]
    expect(await isPending(next)).toBe(true)
    fleet.release(busy)
    expect((await next).model.name).toBe('next')
    expect(await isPending(last)).toBe(true)
    fleet.release(await next)
    expect((await last).model.name).toBe('last')
  })

  it('throttles who has waited too long, and forgets them', async () => {
    const fleet = aFleet(1)
    const busy = await fleet.acquire(aModel('busy'))
    const refused = expect(fleet.acquire(aModel('late'))).rejects.toMatchObject({ name: 'TooManyRequestsException' })
    await vi.advanceTimersByTimeAsync(10_000)
    await refused
    fleet.release(busy)
    expect(await fleet.acquire(aModel('busy'))).toBeDefined()
  })

  it('ends an environment that nobody has used for a while', async () => {
    const fleet = aFleet(4)
    const environment = await fleet.acquire(aModel('upload'))
    fleet.release(environment)
    await vi.advanceTimersByTimeAsync(119_000)
    expect(environment.isUsable).toBe(true)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(environment.isUsable).toBe(false)
  })

  it('does not hand out an environment again that is not usable after its invocation', async () => {
    const fleet = aFleet(1)
    const upload = aModel('upload')
    const crashed = await fleet.acquire(upload)
    crashed.kill('timeout')
    fleet.release(crashed)
    expect(await fleet.acquire(upload)).not.toBe(crashed)
  })

  it('says when there is room: within the reserved concurrency and on the machine', async () => {
    const fleet = aFleet(2)
    const { signal } = new AbortController()
    const reserved = aModel('reserved', 1)
    const only = await fleet.acquire(reserved)
    const room = fleet.whenRoom(reserved, signal)
    expect(await isPending(room)).toBe(true)
    expect(await isPending(fleet.whenRoom(aModel('other'), signal))).toBe(false)
    const other = await fleet.acquire(aModel('other'))
    expect(await isPending(fleet.whenRoom(aModel('third'), signal))).toBe(true)
    fleet.release(only)
    expect(await isPending(room)).toBe(false)
    fleet.release(other)
  })

  it('stops waiting for room when told to', async () => {
    const fleet = aFleet(1)
    await fleet.acquire(aModel('busy'))
    const stopping = new AbortController()
    const room = fleet.whenRoom(aModel('other'), stopping.signal)
    expect(await isPending(room)).toBe(true)
    stopping.abort()
    expect(await isPending(room)).toBe(false)
  })

  it('refuses who is waiting, and everybody after, once it stops', async () => {
    const fleet = aFleet(1)
    const busy = await fleet.acquire(aModel('busy'))
    const refused = expect(fleet.acquire(aModel('next'))).rejects.toMatchObject({ name: 'ServiceException' })
    await fleet.stop()
    await refused
    expect(busy.isUsable).toBe(false)
    await expect(fleet.acquire(aModel('late'))).rejects.toMatchObject({ name: 'ServiceException' })
  })
})
