import type { Sharp } from 'sharp'
import type { Size } from '../../core/image-header/picture-header.ts'
import type { Framing, Window } from './framing.ts'
import { type Placement, place, turned } from './placement.ts'
import { fromRaster, type Raster, resized, toRaster } from './raster.ts'

/**
 * A picture of 1 x 20,000 that covers 8192 x 16 fills a field of 8192 x 163,840,000, for which libvips has no numbers.
 * A side longer than this means that each pixel of the original covers 50 or more.
 */
const longestField = 1_000_000

/** Describes the pixels of a rendition: the level scaled to the field, upright, and the window cut out. */
export async function draw(level: Raster, placement: Placement, { field, window }: Framing): Promise<Sharp> {
  if (window !== null && Math.max(field.width, field.height) > longestField) {
    return magnify(await toRaster(place(fromRaster(level), placement)), field, window)
  }
  // The order of the calls is that of the work, except that `extract` comes last only if there is a `resize`.
  const pipeline = place(resized(level, turned(field, placement)), placement)
  return window === null ? pipeline : pipeline.extract(window)
}

/** Cuts whole pixels out of the upright picture first. What that is off by is less than a pixel of the original. */
function magnify(upright: Raster, field: Size, { left, top, width, height }: Window): Sharp {
  const across = wholePixels(left, width, upright.width / field.width)
  const down = wholePixels(top, height, upright.height / field.height)
  return fromRaster(upright)
    .extract({ left: across.from, top: down.from, width: across.length, height: down.length })
    .resize(width, height, { fit: 'fill' })
}

function wholePixels(start: number, length: number, scale: number): { from: number; length: number } {
  const from = Math.floor(start * scale)
  return { from, length: Math.max(1, Math.round((start + length) * scale) - from) }
}
