import { describe, expect, it } from 'vitest'
import { InvalidFaultPlan, readFaultPlan } from './fault-plan.ts'
import { Faults } from './faults.ts'
import { aPlan } from './testing/plans.ts'

/** Lets as many writes happen; which of them were struck, by their place. */
function strikes(faults: Faults, count: number): number[] {
  return Array.from({ length: count }, (_, index) => index).filter(
    () => faults.strike('disk', 'write', ({ access }) => access !== 'read') !== null,
  )
}

describe('a plan of faults', () => {
  it('strikes the same happenings again with the same seed, and others with another', () => {
    const struck = (seed: number) => {
      const faults = new Faults(() => {})
      faults.set(aPlan({ on: 'disk', effect: 'delay', ms: 1, chance: 0.3 }, { seed }))
      return strikes(faults, 200)
    }
    expect(struck(1)).toEqual(struck(1))
    expect(struck(1)).not.toEqual(struck(2))
    expect(struck(1).length).toBeGreaterThan(30)
    expect(struck(1).length).toBeLessThan(90)
  })

  it('strikes the nth time only, or no more often than its limit', () => {
    const faults = new Faults(() => {})
    faults.set(aPlan({ on: 'disk', effect: 'delay', ms: 1, nth: 3 }))
    expect(strikes(faults, 10)).toEqual([2])
    faults.set(aPlan({ on: 'disk', effect: 'delay', ms: 1, limit: 2 }))
    expect(strikes(faults, 10)).toEqual([0, 1])
  })

  it('gives each rule a sequence that depends on no other rule', () => {
    const rule = { on: 'disk', effect: 'delay', ms: 1, chance: 0.2 } as const
    const countOf = (others: number) => {
      const faults = new Faults(() => {})
      const plan = aPlan({ ...rule, ms: 2 })
      faults.set({ ...plan, rules: [...plan.rules, ...Array.from({ length: others }, () => aPlan(rule).rules).flat()] })
      strikes(faults, 100)
      return faults.report().rules[0]?.injected
    }
    expect(countOf(0)).toBe(countOf(3))
  })

  it('counts what it was about, what it injected, and logs each', () => {
    const log: string[] = []
    const faults = new Faults((line) => log.push(line))
    faults.set(aPlan({ on: 'disk', effect: 'delay', ms: 1, nth: 2 }))
    strikes(faults, 5)
    expect(faults.report()).toMatchObject({ rules: [{ met: 5, injected: 1 }], injected: { 'disk/delay': 1 } })
    expect(log).toEqual([expect.stringContaining('faults from now on'), 'disk/delay: write'])
  })

  it('ends when none is set any more; the count stays', () => {
    const faults = new Faults(() => {})
    faults.set(aPlan({ on: 'disk', effect: 'delay', ms: 1 }))
    strikes(faults, 2)
    faults.set(null)
    expect(strikes(faults, 2)).toEqual([])
    expect(faults.report()).toEqual({ plan: null, rules: [], injected: { 'disk/delay': 2 } })
  })

  it.each([
    ['no JSON', 'nonsense', /JSON/],
    ['an unknown effect', '{"rules":[{"on":"call","effect":"explode"}]}', /rules\[0\]/],
    ['a delay without a length', '{"rules":[{"on":"disk","effect":"delay"}]}', /ms/],
    ['chance and nth at once', '{"rules":[{"on":"disk","effect":"delay","ms":1,"nth":1,"chance":1}]}', /not both/],
    ['an invocation that is lost', '{"rules":[{"on":"delivery","via":"invocation","effect":"drop"}]}', /dropped/],
    ['a misspelt key', '{"rules":[{"on":"call","effect":"reset","operatoin":"PutItem"}]}', /operatoin/],
  ])('is refused with %s, and the reason', (_what, json, reason) => {
    expect(() => readFaultPlan(json)).toThrow(InvalidFaultPlan)
    expect(() => readFaultPlan(json)).toThrow(reason)
  })
})
