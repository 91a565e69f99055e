import type { Sharp } from 'sharp'
import type { Size } from '../../core/image-header/picture-header.ts'
import { sharp } from './load-sharp.ts'

/** Decoded pixels: 8-bit sRGB, interleaved, with or without alpha. */
export interface Raster extends Size {
  readonly pixels: Uint8Array
  readonly channels: 3 | 4
}

/** Computes what the pipeline describes. */
export async function toRaster(pipeline: Sharp): Promise<Raster> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true })
  return { pixels: data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 }
}

export function fromRaster({ pixels, width, height, channels }: Raster): Sharp {
  // The limit is for what strangers send. It has been applied.
  return sharp(pixels, { raw: { width, height, channels }, limitInputPixels: false })
}

export function resized(raster: Raster, { width, height }: Size): Sharp {
  return fromRaster(raster).resize(width, height, { fit: 'fill' })
}

export async function resize(raster: Raster, size: Size): Promise<Raster> {
  if (raster.width === size.width && raster.height === size.height) return raster
  return toRaster(resized(raster, size))
}
