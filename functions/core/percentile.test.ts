import { expect, it } from 'vitest'
import { percentile } from './percentile.ts'

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

it.each([
  [[], 50, null],
  [[7], 50, 7],
  [[7], 95, 7],
  [[3, 1, 2], 50, 2],
  [[4, 3, 1, 2], 50, 2],
  [hundred, 50, 50],
  [hundred, 95, 95],
  [hundred, 0, 1],
  [hundred, 100, 100],
])('of %j, at %i percent, is %j', (values, percent, expected) => {
  expect(percentile(values, percent)).toBe(expected)
})
