import { describe, expect, it } from 'vitest'
import { aCompute, aFunction, anEventSource, aQueue, call, eventually } from '../compute/testing/compute-fixture.ts'
import type { ServiceCall } from '../services/service.ts'
import { ConnectionReset } from '../services/service-error.ts'
import { type FaultRule, type WorkerStep, workerSteps } from './fault-plan.ts'
import { Faults } from './faults.ts'
import { injectFaults } from './inject-faults.ts'
import { aPlan } from './testing/plans.ts'

/** What a worker does, as seen from outside. */
const story = [
  ['dynamodb', 'GetItem'],
  ['dynamodb', 'PutItem'],
  ['sns', 'Publish'],
  ['s3', 'GetObject'],
  ['s3', 'PutObject'],
  ['s3', 'PutObject'],
  ['dynamodb', 'PutItem'],
  ['sns', 'Publish'],
] as const

/** Lets a worker live through the story; the places at which it was ended. */
async function endsOf(rule: Partial<FaultRule>) {
  const faults = new Faults(() => {})
  const { calls, invocations } = injectFaults(faults)
  faults.set(aPlan(rule))
  const ends: string[] = []
  const moment = {
    function: 'process-image',
    requestId: 'r',
    traceId: 't',
    pid: 1,
    kill: (how: string) => void ends.push(how),
  }
  const struck = async (where: string, work: () => void | Promise<void>) => {
    const before = ends.length
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Error) || ends.length === before) throw error
    }
    if (ends.length > before) ends[before] = `${ends[before]} ${where}`
  }
  await struck('at the start', () => invocations({ ...moment, phase: 'before-invocation' }))
  for (const [index, [service, operation]] of story.entries()) {
    const described: ServiceCall = { service, operation, resource: '', traceId: 't' }
    await struck(`before ${index} ${operation}`, () => calls.before(described))
    await struck(`after ${index} ${operation}`, () => calls.after(described))
  }
  await struck('at the end', () => invocations({ ...moment, phase: 'after-invocation' }))
  return ends
}

describe('the end of a worker', () => {
  const places: Record<WorkerStep, string[]> = {
    'before-start': ['at the start'],
    'after-lease': ['after 1 PutItem'],
    'after-decode': ['before 4 PutObject'],
    'after-rendition': ['after 4 PutObject', 'after 5 PutObject'],
    'after-save': ['after 1 PutItem', 'after 6 PutItem'],
    'before-publish': ['before 2 Publish', 'before 7 Publish'],
    'before-acknowledge': ['at the end'],
  }
  it.each(workerSteps)('comes %s', async (step) => {
    const expected = places[step].map((place) => `crash ${place}`)
    expect(await endsOf({ on: 'worker', function: '*', step, effect: 'crash' })).toEqual(expected)
  })

  it('comes at the nth time that a worker is there', async () => {
    const rule = { on: 'worker', step: 'after-rendition', effect: 'crash', nth: 2 } as const
    expect(await endsOf(rule)).toEqual(['crash after 5 PutObject'])
  })

  it('comes to the functions that the rule names, and to no other', async () => {
    expect(await endsOf({ on: 'worker', function: 'other', step: 'after-lease', effect: 'crash' })).toEqual([])
  })

  it('leaves the call that it was making without an answer', async () => {
    const faults = new Faults(() => {})
    const { calls, invocations } = injectFaults(faults)
    faults.set(aPlan({ on: 'worker', step: 'after-lease', effect: 'crash' }))
    const kill = () => {}
    await invocations({
      function: 'process-image',
      requestId: 'r',
      traceId: 't',
      pid: 1,
      kill,
      phase: 'before-invocation',
    })
    const save = { service: 'dynamodb', operation: 'PutItem', resource: 'images', traceId: 't' }
    await expect(calls.after(save)).rejects.toThrow(ConnectionReset)
  })

  it.each([
    ['crash', 'Runtime.ExitError'],
    ['out-of-memory', 'Runtime.OutOfMemory'],
    ['time-out', 'Sandbox.Timedout'],
  ] as const)('by %s looks as it does on Lambda', async (effect, errorType) => {
    const faults = new Faults(() => {})
    const model = aFunction('export const handler = () => new Promise((resolve) => setTimeout(resolve, 60_000))')
    const { compute } = await aCompute({ functions: [model] }, { hook: injectFaults(faults).invocations })
    faults.set(aPlan({ on: 'worker', function: 'subject', step: 'before-start', effect, nth: 1 }))
    expect(await call(compute)).toMatchObject({ functionError: 'Unhandled', value: { errorType } })
  })

  it('before the acknowledgement keeps the message, whose work is done again', async () => {
    const faults = new Faults(() => {})
    const injection = injectFaults(faults)
    faults.set(aPlan({ on: 'worker', function: 'subject', step: 'before-acknowledge', effect: 'crash', nth: 1 }))
    const model = aFunction('export const handler = async () => {}')
    const queue = aQueue('jobs', 1)
    const { compute, messaging } = await aCompute(
      { functions: [model], queues: [queue], eventSources: [anEventSource(model, queue)] },
      { hook: injection.invocations },
    )
    await messaging.send('jobs', '{}')
    await eventually(() => expect(faults.report().injected).toEqual({ 'worker/crash/before-acknowledge': 1 }))
    await messaging.changeVisibility('jobs', messaging.receiptOf('jobs'), 0)
    await eventually(() => expect(messaging.bodies('jobs')).toEqual([]))
    expect(compute.statistics()).toMatchObject({ subject: { invocations: 2 } })
  })

  it('is known by the trace id that the function sends along', async () => {
    const traces: string[] = []
    const { compute } = await aCompute(
      { functions: [aFunction('export const handler = async () => process.env._X_AMZN_TRACE_ID')] },
      { hook: (moment) => void (moment.phase === 'before-invocation' && traces.push(moment.traceId)) },
    )
    const values = [(await call(compute)).value, (await call(compute)).value]
    expect(values).toEqual(traces)
    expect(new Set(values).size).toBe(2)
  })
})
