import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cropOf, enlargementWords, sizeOf } from './crop.ts'
import { centre, focalPointAt, focalPointWords, nudged } from './focal-point.ts'

const picture = { left: 100, top: 50, width: 400, height: 200 }

describe('a focal point', () => {
  it('is where the picture was touched, and stays in it', () => {
    expect(focalPointAt(picture, 200, 200)).toEqual({ x: 0.25, y: 0.75 })
    expect(focalPointAt(picture, -5, 9000)).toEqual({ x: 0, y: 1 })
    const anywhere = fc.integer({ min: -5_000, max: 5_000 })
    fc.assert(
      fc.property(anywhere, anywhere, (clientX, clientY) => {
        const { x, y } = focalPointAt(picture, clientX, clientY)
        for (const value of [x, y]) expect(value >= 0 && value <= 1).toBe(true)
      }),
    )
  })

  it.each([
    ['ArrowLeft', false, { x: 0.49, y: 0.5 }],
    ['ArrowRight', true, { x: 0.6, y: 0.5 }],
    ['ArrowUp', true, { x: 0.5, y: 0.4 }],
    ['ArrowDown', false, { x: 0.5, y: 0.51 }],
    ['Tab', false, null],
  ])('goes with %s (far: %s) from the centre to %o', (key, isLarge, expected) => {
    expect(nudged(centre, key, isLarge)).toEqual(expected)
  })

  it('comes back by as many steps as it went, and does not leave the picture', () => {
    let point = centre
    for (let step = 0; step < 7; step++) point = nudged(point, 'ArrowRight', true) ?? point
    expect(point).toEqual({ x: 1, y: 0.5 })
    for (let step = 0; step < 50; step++) point = nudged(point, 'ArrowLeft', false) ?? point
    expect(point).toEqual(centre)
  })

  it('can be read out', () => {
    expect(focalPointWords({ x: 0.351, y: 0.6 })).toBe('35 % from the left, 60 % from the top')
    expect(focalPointWords(null)).toBe('the centre')
  })
})

describe('a crop', () => {
  it('is centred on the focal point as far as the picture goes', () => {
    const shown = (x: number) => cropOf({ width: 1600, height: 800 }, { width: 200, height: 400 }, { x, y: 0.5 })
    expect(shown(0.25)).toEqual({ scale: 0.5, field: { width: 800, height: 400 }, left: 100, top: 0 })
    expect([shown(0).left, shown(1).left]).toEqual([0, 600])
  })

  it('says where the display has more pixels than the photo', () => {
    const words = (display: string) => enlargementWords(cropOf({ width: 1000, height: 1000 }, sizeOf(display), null))
    expect(words('1000x600')).toBe('')
    expect(words('1020x600')).toBe('Slightly enlarged')
    expect(words('1080x1920')).toBe('Enlarged 1.9 ×')
  })
})
