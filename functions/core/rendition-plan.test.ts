import { describe, expect, it } from 'vitest'
import { planRenditions } from './rendition-plan.ts'

const image = {
  id: 'a'.repeat(64),
  focalPoint: null,
  displaySizes: ['1080x1920', '8192x16'],
  formats: ['jpeg', 'webp'],
} as const

const keysOf = (changed: Partial<Parameters<typeof planRenditions>[0]> = {}) =>
  new Map(planRenditions({ ...image, ...changed }).specs.map(({ name, key }) => [name, key]))

describe('a rendition plan', () => {
  it('names thumbnails first, then variants, each in every format', () => {
    expect([...keysOf().keys()]).toEqual([
      ...['150.jpg', '150.webp', '300.jpg', '300.webp', '600.jpg', '600.webp'],
      ...['1080x1920.jpg', '1080x1920.webp', '8192x16.jpg', '8192x16.webp'],
    ])
  })

  it('fits thumbnails inside a square and covers displays', () => {
    const { specs } = planRenditions(image)
    expect(specs[0]).toMatchObject({ stage: 'thumbnails', width: 150, height: 150, fit: 'inside', format: 'jpeg' })
    expect(specs.at(-1)).toMatchObject({ stage: 'variants', width: 8192, height: 16, fit: 'cover', format: 'webp' })
  })

  it('has keys that say what they are of, and with which recipe', () => {
    expect(keysOf().get('1080x1920.jpg')).toMatch(/^media\/a{64}\/1080x1920\.[0-9a-f]{8}\.jpg$/)
    expect(new Set(keysOf().values()).size).toBe(10)
  })

  it('gives the same keys for the same parameters, whatever else is planned', () => {
    expect(keysOf()).toEqual(keysOf())
    expect(keysOf({ displaySizes: ['1080x1920'] }).get('1080x1920.jpg')).toBe(keysOf().get('1080x1920.jpg'))
  })

  it('gives variants other keys for another focal point, and thumbnails the same', () => {
    const moved = keysOf({ focalPoint: { x: 0.2, y: 0.8 } })
    expect(moved.get('1080x1920.jpg')).not.toBe(keysOf().get('1080x1920.jpg'))
    expect(moved.get('600.jpg')).toBe(keysOf().get('600.jpg'))
  })
})
