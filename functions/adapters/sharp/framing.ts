import type { FocalPoint } from '@glowworm/events/image'
import type { Size } from '../../core/image-header/picture-header.ts'
import type { RenditionSpec } from '../../core/rendition-plan.ts'

export interface Window extends Size {
  readonly left: number
  readonly top: number
}

/** Upright, in pixels: the whole picture at the scale of a rendition, and the part of it that the rendition shows. */
export interface Framing {
  readonly scale: number
  readonly field: Size
  /** Null for all of it. */
  readonly window: Window | null
}

const centre: FocalPoint = { x: 0.5, y: 0.5 }

export function frame(
  spec: Pick<RenditionSpec, 'width' | 'height' | 'fit'>,
  picture: Size,
  focalPoint: FocalPoint | null,
): Framing {
  const scales = [spec.width / picture.width, spec.height / picture.height]
  if (spec.fit === 'inside') {
    const scale = Math.min(1, ...scales)
    return { scale, field: scaled(picture, scale), window: null }
  }
  const scale = Math.max(...scales)
  const { width, height } = scaled(picture, scale)
  // Never smaller than asked for, not even by rounding.
  const field = { width: Math.max(spec.width, width), height: Math.max(spec.height, height) }
  if (field.width === spec.width && field.height === spec.height) return { scale, field, window: null }
  const focus = focalPoint ?? centre
  const left = offset(focus.x, field.width, spec.width)
  const top = offset(focus.y, field.height, spec.height)
  return { scale, field, window: { left, top, width: spec.width, height: spec.height } }
}

/** Where a window of this length begins that is centred on the focus as far as the field allows. */
function offset(focus: number, field: number, length: number): number {
  return Math.min(Math.max(Math.round(focus * field - length / 2), 0), field - length)
}

export function scaled({ width, height }: Size, scale: number): Size {
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}
