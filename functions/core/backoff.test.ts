import { failuresThatOpenTheBreaker } from '@glowworm/events/vocabulary'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { deliveryRetryBaseMs, imageRetryBaseMs, retryDelayMs } from './backoff.ts'

it('waits up to twice as long after each failure, and never longer than five minutes', () => {
  const almostOne = 1 - Number.EPSILON
  expect([1, 2, 3, 4].map((failures) => retryDelayMs(failures, almostOne, 5_000))).toEqual([
    5_000, 10_000, 20_000, 40_000,
  ])
  expect(retryDelayMs(50, almostOne, 5_000)).toBe(300_000)
})

it('spreads what failed together over the second half of the time', () => {
  const chance = { min: 0, max: 1, maxExcluded: true, noNaN: true }
  const base = fc.constantFrom(imageRetryBaseMs, deliveryRetryBaseMs)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.double(chance), base, (failures, random, baseMs) => {
      const ceiling = Math.min(300_000, baseMs * 2 ** (failures - 1))
      const delay = retryDelayMs(failures, random, baseMs)
      return delay >= ceiling / 2 && delay <= ceiling
    }),
  )
})

it('has an image outlast an outage of half a minute, however chance decides', () => {
  const waits = Array.from({ length: failuresThatOpenTheBreaker - 1 }, (_, at) =>
    retryDelayMs(at + 1, 0, imageRetryBaseMs),
  )
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(30_000)
})
