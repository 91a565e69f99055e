import type { DisplaySizesCoverageResponse } from '@glowworm/events/http-api'
import { describe, expect, it } from 'vitest'
import { consequence } from './consequence.ts'

const counts = (images: number, ms_per_image: number | null = 500): DisplaySizesCoverageResponse => ({
  images,
  failed: 0,
  sizes: {},
  counted_at_most: 10_000,
  estimate: { ms_per_image },
})

describe('what follows from a size', () => {
  it('is how many photos are rendered, in what, and about how long that takes', () => {
    expect(consequence(counts(400), ['jpeg', 'webp'])).toBe(
      '400 photos will be rendered in JPEG and WebP, behind all other work. At the pace of the latest work that takes about 3 minutes.',
    )
    expect(consequence(counts(1), ['jpeg'])).toBe(
      '1 photo will be rendered in JPEG, behind all other work. At the pace of the latest work that takes a few seconds.',
    )
  })

  it('claims no more than is known', () => {
    expect(consequence(null, ['jpeg'])).toBe('Counting the photos…')
    expect(consequence(counts(2, null), ['jpeg'])).toMatch(/not known yet/)
    expect(consequence(counts(0), ['jpeg'])).toMatch(/^There are no photos yet/)
    expect(consequence(counts(10_000), ['jpeg'])).toMatch(/^More than 10,000 photos .* takes more than about/)
  })
})
