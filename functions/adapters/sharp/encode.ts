import type { RenditionFormat } from '@glowworm/events/vocabulary'
import type { Sharp } from 'sharp'
import type { RenderedFile } from '../../core/ports.ts'
import { encodings, type RenditionSpec } from '../../core/rendition-plan.ts'

/** The file of what the pipeline describes, without any metadata: sharp keeps none unless asked to. */
export async function encodeFile(pipeline: Sharp, spec: RenditionSpec): Promise<RenderedFile> {
  const { data, info } = await encoders[spec.format](pipeline).toBuffer({ resolveWithObject: true })
  return { spec, width: info.width, height: info.height, bytes: data }
}

const { jpeg, webp, avif } = encodings

const encoders: Readonly<Record<RenditionFormat, (pipeline: Sharp) => Sharp>> = {
  jpeg: (pipeline) =>
    pipeline
      .flatten({ background: 'white' })
      .jpeg({ quality: jpeg.quality, chromaSubsampling: jpeg.chroma, optimizeCoding: jpeg.optimizeCoding }),
  webp: (pipeline) => pipeline.webp({ quality: webp.quality, effort: webp.effort }),
  avif: (pipeline) => pipeline.avif({ quality: avif.quality, effort: avif.effort, chromaSubsampling: avif.chroma }),
}
