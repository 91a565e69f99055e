import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frame } from './framing.ts'

const side = (max: number) => fc.integer({ min: 1, max })
const unit = fc.double({ min: 0, max: 1, noNaN: true })

describe('framing', () => {
  it.each([
    [{ x: 0, y: 0 }, 0],
    [{ x: 0.25, y: 0 }, 100],
    [null, 300],
    [{ x: 0.5, y: 0 }, 300],
    [{ x: 1, y: 1 }, 600],
  ])('centres the window on %o as far as the picture goes', (focalPoint, left) => {
    expect(frame({ width: 200, height: 400, fit: 'cover' }, { width: 1600, height: 800 }, focalPoint)).toEqual({
      scale: 0.5,
      field: { width: 800, height: 400 },
      window: { left, top: 0, width: 200, height: 400 },
    })
  })

  it('needs no window where the shape is the same', () => {
    const framing = frame({ width: 200, height: 100, fit: 'cover' }, { width: 4000, height: 2000 }, { x: 1, y: 1 })
    expect(framing).toEqual({ scale: 0.05, field: { width: 200, height: 100 }, window: null })
  })

  it('keeps every window inside its field and every field at the size asked for', () => {
    fc.assert(
      fc.property(
        side(20_000),
        side(20_000),
        side(8192),
        side(8192),
        unit,
        unit,
        (width, height, across, down, x, y) => {
          const { field, window } = frame({ width: across, height: down, fit: 'cover' }, { width, height }, { x, y })
          const shown = window ?? { left: 0, top: 0, ...field }
          expect([shown.width, shown.height]).toEqual([across, down])
          expect(Math.min(shown.left, shown.top)).toBeGreaterThanOrEqual(0)
          expect(shown.left + shown.width).toBeLessThanOrEqual(field.width)
          expect(shown.top + shown.height).toBeLessThanOrEqual(field.height)
        },
      ),
    )
  })

  it('fits inside without enlarging, and leaves a pixel of each side', () => {
    fc.assert(
      fc.property(side(20_000), side(20_000), (width, height) => {
        const { field, window } = frame({ width: 600, height: 600, fit: 'inside' }, { width, height }, null)
        expect(window).toBeNull()
        expect(Math.min(field.width, field.height)).toBeGreaterThanOrEqual(1)
        expect(Math.max(field.width, field.height)).toBe(Math.min(600, Math.max(width, height)))
      }),
    )
  })
})
