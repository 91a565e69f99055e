import { describe, expect, it } from 'vitest'
import { chooseDecoding } from './decoding.ts'
import { picturesOf } from './pictures.ts'
import { placementOf } from './placement.ts'
import type { Header } from './read-header.ts'
import { type PlanOptions, planOf } from './testing/rendering.ts'

function header(width: number, height: number, about: Partial<Header> = {}): Header {
  const size = { width, height }
  return {
    stored: size,
    upright: size,
    orientation: 1,
    placement: placementOf(1),
    isJpeg: true,
    isProgressive: false,
    hasAlpha: false,
    colour: 'none',
    ...about,
  }
}

function decodingOf(about: Header, options: PlanOptions) {
  const plan = planOf(options)
  return chooseDecoding(
    about,
    picturesOf(plan, 'thumbnails', about.upright),
    picturesOf(plan, 'variants', about.upright),
  )
}

const twelve = [4000, 3000] as const
const displaySizes = ['1080x1920', '2160x3840', '1038x1278']

describe('the choice of what to decode', () => {
  it('is the whole JPEG, and a small one for early thumbnails', () => {
    expect(decodingOf(header(...twelve), { displaySizes })).toEqual({
      base: { width: 4000, height: 3000 },
      thumbnails: { width: 600, height: 450 },
      shared: null,
    })
  })

  it.each([
    ['a progressive JPEG', { isProgressive: true }],
    ['another format', { isJpeg: false }],
  ])('is a single decode for %s, with a reduction that serves two purposes', (_what, about) => {
    expect(decodingOf(header(...twelve, about), { displaySizes })).toEqual({
      base: { width: 4000, height: 3000 },
      thumbnails: null,
      shared: { width: 1704, height: 1278 },
    })
  })

  it('is reduced if everything is small', () => {
    expect(decodingOf(header(...twelve), { displaySizes: ['400x800'] })?.base).toEqual({ width: 1067, height: 800 })
    expect(decodingOf(header(...twelve), {})).toEqual({
      base: { width: 600, height: 450 },
      thumbnails: null,
      shared: null,
    })
  })

  it('is reduced if it is very large, unless something needs all of it', () => {
    expect(decodingOf(header(10_000, 10_000), { displaySizes })?.base).toEqual({ width: 3840, height: 3840 })
    expect(decodingOf(header(8000, 7000, { hasAlpha: true }), { displaySizes })?.base).toEqual({
      width: 4389,
      height: 3840,
    })
    expect(decodingOf(header(8000, 7000), { displaySizes })?.base).toEqual({ width: 8000, height: 7000 })
    expect(decodingOf(header(20_000, 5000), { displaySizes: ['100x8000'] })?.base).toEqual({
      width: 20_000,
      height: 5000,
    })
  })

  it('is nothing for an empty plan', () => {
    expect(decodingOf(header(...twelve), { only: 'variants' })).toBeNull()
  })
})
