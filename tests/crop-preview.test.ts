import fc from 'fast-check'
import { expect, it } from 'vitest'
import { frame } from '../functions/adapters/sharp/framing.ts'
import { cropOf } from '../web/src/lib/image/crop.ts'

const side = (max: number) => fc.integer({ min: 1, max })
const size = (max: number) => fc.record({ width: side(max), height: side(max) })
const unit = fc.double({ min: 0, max: 1, noNaN: true })

it('previews the very pixels that the renderer cuts out, whatever the picture, the display and the focal point', () => {
  const focalPoint = fc.option(fc.record({ x: unit, y: unit }))
  fc.assert(
    fc.property(size(20_000), size(8192), focalPoint, (picture, display, focus) => {
      const { scale, field, window } = frame({ ...display, fit: 'cover' }, picture, focus)
      const { left, top } = window ?? { left: 0, top: 0 }
      expect(cropOf(picture, display, focus)).toEqual({ scale, field, left, top })
    }),
    { numRuns: 1_000 },
  )
})
