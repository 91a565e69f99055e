import type { RenditionFormat } from '@glowworm/events/vocabulary'
import type { RenderedFile } from '../../core/ports.ts'
import { draw } from './draw.ts'
import { encodeFile } from './encode.ts'
import type { Picture } from './pictures.ts'
import type { Placement } from './placement.ts'
import { fromRaster, type Raster, toRaster } from './raster.ts'
import type { WorkQueue } from './work-queue.ts'

/**
 * Among the formats of one picture the slowest goes first. Less than one pixel, so that all of them come before the next
 * picture is drawn, and hardly more pictures than cores are in memory.
 */
const urgencyOf: Readonly<Record<RenditionFormat, number>> = { avif: 0.75, webp: 0.5, jpeg: 0.25 }

/** The files of one size, one for each spec. The largest size goes first: what takes longest must not begin last. */
export function renderVariant(
  level: Promise<Raster>,
  { framing, specs, area }: Picture,
  placement: Placement,
  work: WorkQueue,
): readonly Promise<RenderedFile>[] {
  const [only] = specs
  if (only !== undefined && specs.length === 1) {
    // Drawing and encoding as one pipeline overlap.
    return [
      level.then((raster) => work.run(async () => encodeFile(await draw(raster, placement, framing), only), area)),
    ]
  }
  const pixels = level.then((raster) => work.run(async () => toRaster(await draw(raster, placement, framing)), area))
  return specs.map(async (spec) => {
    const raster = await pixels
    return work.run(() => encodeFile(fromRaster(raster), spec), area + urgencyOf[spec.format])
  })
}
