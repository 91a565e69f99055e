import type { Size } from '../../core/image-header/picture-header.ts'
import type { RenderedFile, Renderer, RenderingSink } from '../../core/ports.ts'
import type { RenditionPlan } from '../../core/rendition-plan.ts'
import { decode } from './decode.ts'
import { chooseDecoding } from './decoding.ts'
import { cores, sharp } from './load-sharp.ts'
import { type Picture, picturesOf } from './pictures.ts'
import { turned } from './placement.ts'
import { Pyramid } from './pyramid.ts'
import { resize } from './raster.ts'
import { type Header, readHeader } from './read-header.ts'
import { renderThumbnails } from './thumbnails.ts'
import { renderVariant } from './variants.ts'
import { WorkQueue } from './work-queue.ts'

/**
 * Decodes once, makes every rendition from that, and hands the thumbnails over first: a variant is handed over when
 * the sink has taken all thumbnails. docs/adr/0002-rendering.md says why it goes about it in this way.
 *
 * @param options.concurrency How many variants are drawn or encoded at once; by default one for each core.
 */
export function sharpRenderer({ concurrency = cores }: { readonly concurrency?: number } = {}): Renderer {
  return {
    async render(original, plan, sink) {
      const work = new WorkQueue(concurrency)
      const header = await readHeader(original)
      await work.finish(beginRendering(original, header, plan, sink, work))
    },
  }
}

/** Promises everything at once; what happens when follows from what waits for what. */
function beginRendering(
  original: Uint8Array,
  header: Header,
  plan: RenditionPlan,
  sink: RenderingSink,
  work: WorkQueue,
): readonly Promise<unknown>[] {
  const thumbnails = picturesOf(plan, 'thumbnails', header.upright)
  const variants = picturesOf(plan, 'variants', header.upright)
  const decoding = chooseDecoding(header, thumbnails, variants)
  if (decoding === null) return []
  const keepAlpha = plan.specs.some(({ format }) => format !== 'jpeg')
  const stored = (upright: Size) => turned(upright, header.placement)
  const decodeTo = (upright: Size) => decode(original, header, { size: stored(upright), keepAlpha })
  // A pipeline takes its number of threads when it begins, and all take the same. Decoding a JPEG is work for one; with
  // more, two decodes at once only hinder each other.
  sharp.concurrency(decoding.thumbnails !== null && header.colour === 'none' ? 1 : cores)
  const base = decodeTo(decoding.base).finally(() => sharp.concurrency(cores))
  const levels = decoding.shared === null ? [] : [stored(decoding.shared)]
  const pyramid = new Pyramid(base, [stored(decoding.base), ...levels])
  const levelFor = ({ framing }: Picture) => pyramid.levelFor(stored(framing.field))
  const handOver = async (rendered: Promise<RenderedFile>, turn: Promise<unknown>) => {
    // Not `all`, which would not wait for the one if the other failed.
    await Promise.allSettled([rendered, turn])
    await turn
    const file = await rendered
    work.throwIfStopped()
    await sink.file(file)
  }

  const thumbnailFiles: Promise<void>[] = []
  const [largest] = thumbnails
  if (largest !== undefined) {
    const level = decoding.thumbnails === null ? levelFor(largest) : decodeTo(decoding.thumbnails)
    const small = level.then((raster) => resize(raster, stored(largest.framing.field)))
    const { facts, files } = renderThumbnails(small, thumbnails, header)
    // They wait for no place in the queue, but take one: a core for them, the others for variants.
    work.occupy(Promise.allSettled(files))
    const announced = facts.then((known) => sink.picture(known))
    thumbnailFiles.push(...files.map((file) => handOver(file, announced)))
  }
  const allThumbnails = Promise.all(thumbnailFiles)
  const variantFiles = variants.flatMap((variant) =>
    renderVariant(levelFor(variant), variant, header.placement, work).map((file) => handOver(file, allThumbnails)),
  )
  return [...thumbnailFiles, allThumbnails, ...variantFiles]
}
