import { describe, expect, it } from 'vitest'
import type { FaultPlan } from './fault-plan.ts'
import { Faults } from './faults.ts'
import { FaultySockets } from './faulty-sockets.ts'
import { aPlan } from './testing/plans.ts'

function faultySockets(plan: FaultPlan) {
  const said: string[] = []
  const faults = new Faults(() => {})
  faults.set(plan)
  const sockets = new FaultySockets(
    {
      async post(connectionId, data) {
        said.push(`${connectionId} ${data}`)
        return 'ok'
      },
      delete: async () => 'ok',
      get: async () => 'ok',
      cut: (connectionId) => void said.push(`${connectionId} cut`),
    },
    faults,
  )
  return { said, faults, post: (text: string, id = 'c') => sockets.post(id, Buffer.from(text)) }
}

describe('faults of pushes', () => {
  it('lose a frame with its connection, and do not say so', async () => {
    const { said, post } = faultySockets(aPlan({ on: 'push', effect: 'drop' }))
    expect(await post('a')).toBe('ok')
    expect(said).toEqual(['c cut'])
  })

  it('say that the connection is gone, and so it is', async () => {
    const { said, post } = faultySockets(aPlan({ on: 'push', effect: 'gone' }))
    expect(await post('a')).toBe('gone')
    expect(said).toEqual(['c cut'])
  })

  it('send a frame twice', async () => {
    const { said, post } = faultySockets(aPlan({ on: 'push', effect: 'duplicate' }))
    expect(await post('a')).toBe('ok')
    expect(said).toEqual(['c a', 'c a'])
  })

  it('have a frame overtaken by the next one of the same connection', async () => {
    const { said, post } = faultySockets(aPlan({ on: 'push', effect: 'reorder', nth: 1 }))
    await post('a')
    await post('x', 'd')
    await post('b')
    expect(said).toEqual(['d x', 'c b', 'c a'])
  })

  it('send a frame after a while that nothing overtakes', async () => {
    const { said, post } = faultySockets(aPlan({ on: 'push', effect: 'reorder', nth: 1 }))
    await post('a')
    await expect.poll(() => said, { timeout: 10_000 }).toEqual(['c a'])
  })

  it('send a frame late', async () => {
    const { said, faults, post } = faultySockets(aPlan({ on: 'push', effect: 'delay', ms: 100 }))
    const posted = post('a')
    expect(faults.report().injected).toEqual({ 'websocket/delay': 1 })
    expect(said).toEqual([])
    await posted
    expect(said).toEqual(['c a'])
  })
})
