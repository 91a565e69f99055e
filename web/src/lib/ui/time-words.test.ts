import { describe, expect, it } from 'vitest'
import { ago, duration, lasting } from './time-words.ts'

it.each([
  [-5, '0 s'],
  [340, '0.3 s'],
  [2_000, '2 s'],
  [2_540, '2.5 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [150_000, '2 min 30 s'],
  [7_500_000, '2 h 5 min'],
  [273_600_000, '3 d 4 h'],
])('says %d ms as people do', (ms, words) => {
  expect(duration(ms)).toBe(words)
})

describe('the time since then', () => {
  const now = new Date('2026-11-23T12:00:00.000Z')
  it.each([
    [-5, 'just now', '0 seconds'],
    [1, 'just now', '1 second'],
    [44, 'just now', '44 seconds'],
    [45, '1 minute ago', '1 minute'],
    [170, '3 minutes ago', '3 minutes'],
    [3_600, '1 hour ago', '1 hour'],
    [100_000, '28 hours ago', '28 hours'],
    [200_000, '2 days ago', '2 days'],
  ])('of %i s is %j, or has lasted %j', (seconds, past, length) => {
    const then = new Date(now.getTime() - seconds * 1_000)
    expect([ago(then, now), lasting(then, now)]).toEqual([past, length])
  })
})
