import type { FocalPoint } from '@glowworm/events/image'

/** Width and height in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** Upright, in pixels of the display: the whole picture at the display's scale, and where the display begins in it. */
export interface Crop {
  /** More than 1 where the photo has fewer pixels than the display. */
  readonly scale: number
  readonly field: Size
  readonly left: number
  readonly top: number
}

/** What a display shows of a picture: the renderer's own rule, so that a preview promises nothing else. */
export function cropOf(picture: Size, display: Size, focalPoint: FocalPoint | null): Crop {
  const scale = Math.max(display.width / picture.width, display.height / picture.height)
  const field = {
    width: Math.max(display.width, Math.round(picture.width * scale)),
    height: Math.max(display.height, Math.round(picture.height * scale)),
  }
  const { x, y } = focalPoint ?? { x: 0.5, y: 0.5 }
  return {
    scale,
    field,
    left: offset(x, field.width, display.width),
    top: offset(y, field.height, display.height),
  }
}

/** Where a stretch of this length begins that is centred on the focus as far as the field allows. */
function offset(focus: number, field: number, length: number): number {
  return Math.min(Math.max(Math.round(focus * field - length / 2), 0), field - length)
}

/** `1080x1920`, as settings and renditions name it. */
export function sizeOf(name: string): Size {
  const [width = 1, height = 1] = name.split('x').map(Number)
  return { width, height }
}

/** Empty where the photo has pixels enough. */
export function enlargementWords({ scale }: Crop): string {
  if (scale <= 1) return ''
  return scale < 1.05 ? 'Slightly enlarged' : `Enlarged ${scale.toFixed(1)} ×`
}
