import { describe, expect, it } from 'vitest'
import { Refused, Unreachable } from '#lib/api/errors.ts'
import { withRetries } from './with-retries.ts'

/** Fails with each of `failures` in turn, then succeeds. */
function attempt(
  failures: readonly Error[],
  { reachable = () => Promise.resolve(), answers = () => Promise.resolve(true) } = {},
) {
  const left = [...failures]
  const pauses: number[] = []
  let calls = 0
  const act = async () => {
    calls++
    const failure = left.shift()
    if (failure) throw failure
    return 'done'
  }
  const pause = async (ms: number) => void pauses.push(ms)
  const times = { pause, whenReachable: reachable, answers, random: () => 1 }
  const run = (signal = new AbortController().signal) => withRetries(act, times, signal)
  return { run, pauses, calls: () => calls }
}

describe('trying again', () => {
  it('repeats what may pass, after pauses that grow', async () => {
    const { run, pauses } = attempt([
      new Unreachable('away'),
      new Refused(503, 'service_unavailable', 'later'),
      new Refused(429, 'too_many_requests', 'slower'),
    ])
    expect(await run()).toBe('done')
    expect(pauses).toEqual([500, 1000, 2000])
  })

  it.each([400, 403, 404, 409, 413, 415, 422])('takes HTTP %i for an answer', async (status) => {
    const { run, calls } = attempt([new Refused(status, 'code', 'No.')])
    await expect(run()).rejects.toThrow('No.')
    expect(calls()).toBe(1)
  })

  it('gives up in the end, with the last reason', async () => {
    const { run, calls } = attempt(Array.from({ length: 9 }, () => new Unreachable('away')))
    await expect(run()).rejects.toThrow('away')
    expect(calls()).toBe(6)
  })

  it('takes no attempt for as long as the server is away', async () => {
    const { run, calls, pauses } = attempt(
      Array.from({ length: 9 }, () => new Unreachable('away')),
      { answers: () => Promise.resolve(false) },
    )
    expect(await run()).toBe('done')
    expect(calls()).toBe(10)
    expect(pauses).toEqual([])
  })

  it('does nothing before the server can be reached', async () => {
    const network = Promise.withResolvers<void>()
    const { run, calls } = attempt([], { reachable: () => network.promise })
    const running = run()
    await new Promise((resolve) => setImmediate(resolve))
    expect(calls()).toBe(0)
    network.resolve()
    expect(await running).toBe('done')
  })

  it('stops at once when it is aborted', async () => {
    const controller = new AbortController()
    const { run, calls } = attempt([new Unreachable('away')])
    controller.abort(new Error('canceled'))
    await expect(run(controller.signal)).rejects.toThrow('canceled')
    expect(calls()).toBe(1)
  })
})
