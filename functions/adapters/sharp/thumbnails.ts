import type { PictureFacts, RenderedFile } from '../../core/ports.ts'
import { draw } from './draw.ts'
import { encodeFile } from './encode.ts'
import { pictureFacts } from './picture-facts.ts'
import type { Picture } from './pictures.ts'
import type { Raster } from './raster.ts'
import type { Header } from './read-header.ts'

export interface RenderedThumbnails {
  readonly facts: Promise<PictureFacts>
  /** One for each spec. */
  readonly files: readonly Promise<RenderedFile>[]
}

/**
 * All at once and each from the same small picture: none is worth waiting for another.
 *
 * @param small Of the size of the largest thumbnail, in stored orientation.
 */
export function renderThumbnails(
  small: Promise<Raster>,
  thumbnails: readonly Picture[],
  header: Header,
): RenderedThumbnails {
  const files = thumbnails.flatMap(({ framing, specs }) =>
    specs.map(async (spec) => encodeFile(await draw(await small, header.placement, framing), spec)),
  )
  return { facts: small.then((raster) => pictureFacts(raster, header)), files }
}
