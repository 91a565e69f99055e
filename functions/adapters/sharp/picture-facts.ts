import { rgbaToThumbHash } from 'thumbhash'
import type { PictureFacts } from '../../core/ports.ts'
import { dominantColor } from './dominant-color.ts'
import { scaled } from './framing.ts'
import { place } from './placement.ts'
import { type Raster, resized, toRaster } from './raster.ts'
import type { Header } from './read-header.ts'

/** ThumbHash keeps seven waves a side; more pixels than this only take time that every thumbnail waits for. */
const longestSide = 24

/** @param small The picture in stored orientation, of any size; the smaller, the sooner. */
export async function pictureFacts(small: Raster, { upright, orientation, placement }: Header): Promise<PictureFacts> {
  const size = scaled(small, Math.min(1, longestSide / Math.max(small.width, small.height)))
  const { pixels, width, height } = await toRaster(place(resized(small, size), placement).ensureAlpha())
  return {
    ...upright,
    orientation,
    dominantColor: dominantColor(pixels),
    placeholder: Buffer.from(rgbaToThumbHash(width, height, pixels)).toString('base64'),
  }
}
