import { describe, expect, it } from 'vitest'
import type { InvocationMoment } from './invocation-hook.ts'
import { aCompute, aFunction, call, temporaryFolder } from './testing/compute-fixture.ts'

/** Answers only once `expected` invocations run at the same time: each leaves a mark and waits for the others'. */
const rendezvous = `
  import { readdirSync, writeFileSync } from 'node:fs'
  import { setTimeout as delay } from 'node:timers/promises'
  export const handler = async ({ expected }, { awsRequestId }) => {
    writeFileSync(process.env.MEETING_PLACE + '/' + awsRequestId, '')
    while (readdirSync(process.env.MEETING_PLACE).length < expected) await delay(5)
    return process.pid
  }`

function aMeeting(overrides = {}) {
  return aFunction(rendezvous, { environment: { MEETING_PLACE: temporaryFolder() }, ...overrides })
}

/** Lets invocations begin, and end only when told. */
function aGate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const hook = async ({ phase }: InvocationMoment) => {
    if (phase === 'before-invocation') await promise
  }
  return { hook, open: resolve }
}

describe('concurrency', () => {
  it('runs invocations at the same time in processes of their own', async () => {
    const { compute } = await aCompute({ functions: [aMeeting()] })
    const answers = await Promise.all(Array.from({ length: 4 }, () => call(compute, { expected: 4 })))
    expect(new Set(answers.map(({ value }) => value)).size).toBe(4)
    expect(compute.statistics()).toMatchObject({ subject: { coldStarts: 4, peakConcurrency: 4, running: 0 } })
  })

  it('uses a warm environment again, with what the module keeps', async () => {
    const code = 'let count = 0; export const handler = async () => ({ pid: process.pid, count: ++count })'
    const { compute } = await aCompute({ functions: [aFunction(code)] })
    const first = await call(compute)
    const second = await call(compute)
    expect(second.value).toEqual({ pid: first.value.pid, count: 2 })
    expect(compute.statistics()).toMatchObject({ subject: { invocations: 2, coldStarts: 1 } })
  })

  it('throttles above the reserved concurrency and serves again once there is room', async () => {
    const gate = aGate()
    const model = aFunction(`export const handler = async () => 'done'`, { reservedConcurrency: 2 })
    const { compute } = await aCompute({ functions: [model] }, { hook: gate.hook })
    const running = [call(compute), call(compute)]
    await expect(call(compute)).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      statusCode: 429,
      reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    })
    gate.open()
    await Promise.all(running)
    expect((await call(compute)).value).toBe('done')
    expect(compute.statistics()).toMatchObject({ subject: { invocations: 3, throttles: 1, peakConcurrency: 2 } })
  })
})
