import fc from 'fast-check'
import { expect, it } from 'vitest'
import { retryDelayMs } from './backoff.ts'

it('waits up to twice as long after each failure, and never longer than five minutes', () => {
  const almostOne = 1 - Number.EPSILON
  expect([1, 2, 3, 4].map((failures) => retryDelayMs(failures, almostOne))).toEqual([5_000, 10_000, 20_000, 40_000])
  expect(retryDelayMs(50, almostOne)).toBe(300_000)
})

it('spreads what failed together over the whole time, but for the first second', () => {
  const half = { min: 0, max: 1, maxExcluded: true, noNaN: true }
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.double(half), (failures, random) => {
      const delay = retryDelayMs(failures, random)
      return delay >= 1_000 && delay <= 300_000
    }),
  )
  expect(retryDelayMs(3, 0.5)).toBe(10_000)
})
