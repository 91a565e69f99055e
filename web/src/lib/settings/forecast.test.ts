import type { DisplaySizesCoverageResponse } from '@glowworm/events/http-api'
import { describe, expect, it } from 'vitest'
import { coverageOf, isCutOff, isFull, roughly, startsAfter, timeLeft } from './forecast.ts'

const counted = (complete: number, change: Partial<DisplaySizesCoverageResponse> = {}) => ({
  images: 10,
  failed: 0,
  sizes: { '16x16': { complete } },
  counted_at_most: 10_000,
  estimate: { ms_per_image: null },
  ...change,
})

describe('the coverage of a size', () => {
  it('is full when every image has it, or there is none', () => {
    expect(isFull(coverageOf(counted(9), '16x16'))).toBe(false)
    expect(isFull(coverageOf(counted(10), '16x16'))).toBe(true)
    expect(isFull(coverageOf(counted(0, { images: 0 }), '16x16'))).toBe(true)
  })

  it('is nothing for a size that was added after the count', () => {
    expect(coverageOf(counted(9), '32x32')).toEqual({ complete: 0, images: 10 })
  })

  it('is of a part when there are more images than are counted', () => {
    expect(isCutOff(counted(0))).toBe(false)
    expect(isCutOff(counted(0, { images: 9_990, failed: 10 }))).toBe(true)
  })
})

describe('where a size began', () => {
  it('is kept until it is full', () => {
    const first = startsAfter(new Map(), counted(2), 1_000)
    expect(first.get('16x16')).toEqual({ at: 1_000, complete: 2 })
    const second = startsAfter(first, counted(5), 2_000)
    expect(second.get('16x16')).toEqual({ at: 1_000, complete: 2 })
    expect(startsAfter(second, counted(10), 3_000).size).toBe(0)
  })

  it('is anew when it falls back', () => {
    const first = startsAfter(new Map(), counted(2), 1_000)
    expect(startsAfter(first, counted(0), 2_000).get('16x16')).toEqual({ at: 2_000, complete: 0 })
  })
})

describe('the time left', () => {
  it('is at the pace of earlier work at first, and then at its own', () => {
    const start = { at: 0, complete: 0 }
    expect(timeLeft({ complete: 0, images: 10 }, start, 0, 500)).toBe(5_000)
    expect(timeLeft({ complete: 2, images: 10 }, start, 9_000, 500)).toBe(4_000)
    expect(timeLeft({ complete: 4, images: 10 }, start, 8_000, 500)).toBe(12_000)
  })

  it('is not known as long as nothing tells', () => {
    expect(timeLeft({ complete: 0, images: 10 }, undefined, 0, null)).toBeNull()
  })
})

it.each([
  [0, 'a few seconds'],
  [12_000, 'about 20 seconds'],
  [61_000, 'about a minute'],
  [150_000, 'about 3 minutes'],
  [3_600_000, 'about an hour'],
  [5 * 3_600_000, 'about 5 hours'],
  [50 * 3_600_000, 'about 2 days'],
])('%i ms are %s', (ms, words) => {
  expect(roughly(ms)).toBe(words)
})
