import type { Size } from '../../core/image-header/picture-header.ts'
import type { Picture } from './pictures.ts'
import { step } from './pyramid.ts'
import type { Header } from './read-header.ts'

/** What of the original serves a set of pictures best. Sizes are upright. */
export interface Decoding {
  /** What everything is made of, thumbnails excepted where they have their own. */
  readonly base: Size
  /** Of a second, small decode beside that of the base, for the thumbnails; null if they come from the base. */
  readonly thumbnails: Size | null
  /** A reduction of the base from which thumbnails and the smallest variant are made; null if none is of use to both. */
  readonly shared: Size | null
}

/** For a third of the size or less, a JPEG is decoded to a part of its size, which still has twice the pixels needed. */
const reducedFrom = 1 / 3

/** In bytes: larger rasters are not held at full size if something smaller will do. */
const largestRaster = 192 * 1024 * 1024

/** Null if there is nothing to render. */
export function chooseDecoding(
  header: Header,
  thumbnails: readonly Picture[],
  variants: readonly Picture[],
): Decoding | null {
  const { upright } = header
  const [largest] = [...thumbnails, ...variants].map(({ framing }) => framing).sort((a, b) => b.scale - a.scale)
  if (largest === undefined) return null
  const bytes = upright.width * upright.height * (header.hasAlpha ? 4 : 3)
  const isReduced = largest.scale <= reducedFrom || (largest.scale < 1 && bytes > largestRaster)
  const base = isReduced ? largest.field : upright
  const baseScale = isReduced ? largest.scale : 1

  const thumbnail = thumbnails[0]?.framing
  const variant = variants.at(-1)?.framing
  if (thumbnail === undefined || variant === undefined) return { base, thumbnails: null, shared: null }
  // A baseline JPEG comes cheap at an eighth of its size. Other files must be decoded in full each time.
  const isCheap = header.isJpeg && !header.isProgressive && thumbnail.scale <= baseScale / 2
  if (isCheap) return { base, thumbnails: thumbnail.field, shared: null }
  const isShared = thumbnail.scale <= variant.scale && variant.scale < baseScale && variant.scale > baseScale / step
  return { base, thumbnails: null, shared: isShared ? variant.field : null }
}
