import { rgbaToThumbHash } from 'thumbhash'
import type { PictureFacts } from '../../core/ports.ts'
import { dominantColor } from './dominant-color.ts'
import { scaled } from './framing.ts'
import { type Placement, place, turned } from './placement.ts'
import { type Raster, resized, toRaster } from './raster.ts'

/** ThumbHash keeps seven waves a side; more pixels than this only take time that every thumbnail waits for. */
const longestSide = 32

/** What a small copy of the picture shows: enough for a placeholder until the picture itself is there. */
export async function pictureFacts(
  small: Raster,
  placement: Placement,
): Promise<Pick<PictureFacts, 'dominantColor' | 'placeholder'>> {
  const size = scaled(small, Math.min(1, longestSide / Math.max(small.width, small.height)))
  const { pixels } = await toRaster(place(resized(small, size), placement).ensureAlpha())
  const upright = turned(size, placement)
  const hash = rgbaToThumbHash(upright.width, upright.height, pixels)
  return { dominantColor: dominantColor(pixels), placeholder: Buffer.from(hash).toString('base64') }
}
