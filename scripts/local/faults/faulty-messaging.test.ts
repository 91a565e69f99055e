import { describe, expect, it } from 'vitest'
import { InMemoryMessaging } from '../compute/testing/in-memory-messaging.ts'
import type { FaultPlan } from './fault-plan.ts'
import { Faults } from './faults.ts'
import { FaultyMessaging } from './faulty-messaging.ts'
import { aPlan } from './testing/plans.ts'

const kinds = ['sqs', 'sns', 'invocation'] as const

function faultyQueue(kind: (typeof kinds)[number], plan: FaultPlan) {
  const queues = new InMemoryMessaging()
  const faults = new Faults(() => {})
  faults.set(plan)
  const messaging = new FaultyMessaging(queues, faults, () => kind)
  const receive = async (waitMs = 0) => {
    const options = { max: 1, waitMs, visibilitySeconds: null }
    const received = await messaging.receive('queue', options, new AbortController().signal)
    return received.map(({ body }) => body)
  }
  return { queues, messaging, faults, receive }
}

describe.each(kinds)('faults of deliveries via %s', (via) => {
  it('duplicate a message', async () => {
    const { messaging, receive } = faultyQueue(via, aPlan({ on: 'delivery', via, effect: 'duplicate', nth: 1 }))
    await messaging.send('queue', 'a')
    expect([await receive(), await receive(), await receive()]).toEqual([['a'], ['a'], []])
  })

  it('delay a message; others go ahead', async () => {
    const rule = { on: 'delivery', via, effect: 'delay', ms: 600_000, nth: 1 } as const
    const { messaging, receive } = faultyQueue(via, aPlan(rule))
    await messaging.send('queue', 'a')
    await messaging.send('queue', 'b')
    expect([await receive(5_000), await receive()]).toEqual([['b'], []])
  })

  it('hand a delayed message over in the end', async () => {
    const { messaging, receive } = faultyQueue(via, aPlan({ on: 'delivery', via, effect: 'delay', ms: 100, nth: 1 }))
    await messaging.send('queue', 'a')
    expect(await receive(60_000)).toEqual(['a'])
  })

  it('have a message overtaken by the next', async () => {
    const { messaging, receive } = faultyQueue(via, aPlan({ on: 'delivery', via, effect: 'reorder', nth: 1 }))
    for (const body of ['a', 'b', 'c']) await messaging.send('queue', body)
    expect([await receive(5_000), await receive(5_000), await receive(5_000)]).toEqual([['b'], ['a'], ['c']])
  })

  it('hand a message over after a while that nothing overtakes', async () => {
    const { messaging, receive } = faultyQueue(via, aPlan({ on: 'delivery', via, effect: 'reorder', nth: 1 }))
    await messaging.send('queue', 'a')
    expect(await receive(10_000)).toEqual(['a'])
  })

  it('are about the queue that the rule names, and no other', async () => {
    const rule = { on: 'delivery', via, to: 'other*', effect: 'delay', ms: 1_000 } as const
    const { messaging, receive } = faultyQueue(via, aPlan(rule))
    await messaging.send('queue', 'a')
    expect(await receive()).toEqual(['a'])
  })

  it.each(['reorder', 'delay'] as const)('hold nothing any more once the plan is over: %s', async (effect) => {
    const rule = effect === 'delay' ? { effect, ms: 600_000 } : { effect }
    const { messaging, faults, receive } = faultyQueue(via, aPlan({ on: 'delivery', via, ...rule, nth: 1 }))
    await messaging.send('queue', 'a')
    expect(await receive()).toEqual([])
    faults.set(null)
    expect(await receive()).toEqual(['a'])
  })

  it('hold nothing any more for who is waiting already when the plan ends', async () => {
    const rule = { on: 'delivery', via, effect: 'delay', ms: 600_000, nth: 1 } as const
    const { messaging, faults, receive } = faultyQueue(via, aPlan(rule))
    await messaging.send('queue', 'a')
    expect(await receive()).toEqual([])
    const received = receive(600_000)
    faults.set(null)
    expect(await received).toEqual(['a'])
  })

  it('are over when the plan is', async () => {
    const { messaging, faults, receive } = faultyQueue(via, aPlan({ on: 'delivery', via, effect: 'duplicate' }))
    faults.set(null)
    await messaging.send('queue', 'a')
    expect([await receive(), await receive()]).toEqual([['a'], []])
  })
})

describe.each(['sqs', 'sns'] as const)('a delivery via %s that is dropped', (via) => {
  it('leaves the message hidden for as long as its queue hides it', async () => {
    const { messaging, queues, receive } = faultyQueue(via, aPlan({ on: 'delivery', via, effect: 'drop', nth: 1 }))
    await messaging.send('queue', 'a')
    expect(await receive()).toEqual([])
    expect(await queues.counts('queue')).toEqual({ visible: 0, inFlight: 1, delayed: 0 })
  })

  it('comes again as soon as the rule says', async () => {
    const plan = aPlan({ on: 'delivery', via, effect: 'drop', ms: 0, nth: 1 })
    const { messaging, receive } = faultyQueue(via, plan)
    await messaging.send('queue', 'a')
    expect(await receive(5_000)).toEqual(['a'])
  })
})

describe('the visibility that a plan sets', () => {
  it('is that of messages from queues', async () => {
    const plan = aPlan({ on: 'disk', effect: 'delay', ms: 1 }, { visibility_seconds: 1 })
    const { messaging, receive } = faultyQueue('sqs', plan)
    await messaging.send('queue', 'a')
    expect([await receive(), await receive(5_000)]).toEqual([['a'], ['a']])
  })
})
