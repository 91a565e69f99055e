import { expect, it } from 'vitest'
import { pauseFor } from './pace.ts'

it('looks often while something happens, now and then otherwise, and never when nobody would see or be reached', () => {
  expect(pauseFor({ visible: true, reachable: true, busy: true })).toBe(5_000)
  expect(pauseFor({ visible: true, reachable: true, busy: false })).toBe(30_000)
  expect(pauseFor({ visible: false, reachable: true, busy: true })).toBeNull()
  expect(pauseFor({ visible: true, reachable: false, busy: true })).toBeNull()
})
