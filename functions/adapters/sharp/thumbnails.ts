import type { PictureFacts, RenderedFile } from '../../core/ports.ts'
import { draw } from './draw.ts'
import { encodeFile } from './encode.ts'
import { pictureFacts } from './picture-facts.ts'
import type { Picture } from './pictures.ts'
import { turned } from './placement.ts'
import { type Raster, resize } from './raster.ts'
import type { Header } from './read-header.ts'

export interface RenderedThumbnails {
  readonly facts: Promise<PictureFacts>
  /** One for each spec. */
  readonly files: readonly Promise<RenderedFile>[]
}

/**
 * Scales each thumbnail from the one before it, and takes the facts from the last.
 *
 * @param thumbnails Largest first.
 */
export function renderThumbnails(
  source: Promise<Raster>,
  thumbnails: readonly Picture[],
  { placement, orientation, upright }: Header,
): RenderedThumbnails {
  let level = source
  const files: Promise<RenderedFile>[] = []
  for (const { framing, specs } of thumbnails) {
    level = level.then((larger) => resize(larger, turned(framing.field, placement)))
    const raster = level
    files.push(...specs.map(async (spec) => encodeFile(await draw(await raster, placement, framing), spec)))
  }
  const facts = level.then(async (smallest) => ({
    ...upright,
    orientation,
    ...(await pictureFacts(smallest, placement)),
  }))
  return { facts, files }
}
