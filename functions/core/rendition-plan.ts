import { createHash } from 'node:crypto'
import type { FocalPoint } from '@glowworm/events/image'
import {
  fileExtensionOf,
  type ProcessingStage,
  type RenditionFormat,
  thumbnailSides,
} from '@glowworm/events/vocabulary'
import { renditionKey } from './object-keys.ts'

/** One file to make. */
export interface RenditionSpec {
  /** Name in the record: `600.webp`, `1080x1920.jpg`. */
  readonly name: string
  readonly stage: ProcessingStage
  readonly format: RenditionFormat
  /** Bounds in pixels: a thumbnail fits inside and is never enlarged, a variant has exactly this size. */
  readonly width: number
  readonly height: number
  readonly fit: 'inside' | 'cover'
  readonly key: string
}

export interface RenditionPlan {
  /** What a `cover` crop keeps; null is the centre. */
  readonly focalPoint: FocalPoint | null
  /** Thumbnails first, then variants. */
  readonly specs: readonly RenditionSpec[]
}

/** How each format is encoded. A change here changes every recipe, and with it every key. */
export const encodings = {
  jpeg: { quality: 85, chroma: '4:2:0', optimizeCoding: false },
  webp: { quality: 80, effort: 4 },
  avif: { quality: 55, effort: 3, chroma: '4:2:0' },
} as const

/** Raise when the same parameters give other pixels than before. */
const renderingVersion = 1

/** Everything that must exist before an image is complete. */
export function planRenditions(image: {
  readonly id: string
  readonly focalPoint: FocalPoint | null
  readonly displaySizes: readonly string[]
  readonly formats: readonly RenditionFormat[]
}): RenditionPlan {
  const file = (base: string, stage: ProcessingStage, width: number, height: number, format: RenditionFormat) => {
    const fit = stage === 'thumbnails' ? 'inside' : 'cover'
    const focalPoint = fit === 'cover' ? image.focalPoint : null
    const recipe = recipeOf({ renderingVersion, width, height, fit, focalPoint, format, encoding: encodings[format] })
    const name = renditionName(base, format)
    return { name, stage, format, width, height, fit, key: renditionKey(image.id, base, recipe, format) } as const
  }
  const thumbnails = thumbnailSides.flatMap((side) =>
    image.formats.map((format) => file(String(side), 'thumbnails', side, side, format)),
  )
  const variants = image.displaySizes.flatMap((size) => {
    const [width = 0, height = 0] = size.split('x').map(Number)
    return image.formats.map((format) => file(size, 'variants', width, height, format))
  })
  return { focalPoint: image.focalPoint, specs: [...thumbnails, ...variants] }
}

/** `1080x1920.jpg`: what a size is called in one format. */
export const renditionName = (base: string, format: RenditionFormat): string => `${base}.${fileExtensionOf[format]}`

/** Whether a rendition of this name is made for a display; all others are thumbnails. */
export const isVariantName = (name: string): boolean => name.includes('x')

/** Eight hex digits that stand for the parameters. Order of properties matters: it is fixed above. */
function recipeOf(parameters: object): string {
  return createHash('sha256').update(JSON.stringify(parameters)).digest('hex').slice(0, 8)
}
