import type { Sharp } from 'sharp'
import type { Size } from '../../core/image-header/picture-header.ts'

/** What to do to the stored picture so that it stands upright: mirror first, then turn clockwise. */
export interface Placement {
  readonly mirror: 'flip' | 'flop' | null
  readonly angle: 0 | 90 | 180 | 270
}

/** By EXIF orientation, 1 to 8. */
const placements: readonly Placement[] = [
  { mirror: null, angle: 0 },
  { mirror: 'flop', angle: 0 },
  { mirror: null, angle: 180 },
  { mirror: 'flip', angle: 0 },
  { mirror: 'flip', angle: 90 },
  { mirror: null, angle: 90 },
  { mirror: 'flip', angle: 270 },
  { mirror: null, angle: 270 },
]

const asStored: Placement = { mirror: null, angle: 0 }

/** An orientation that EXIF does not know stands for none. */
export const placementOf = (orientation: number): Placement => placements[orientation - 1] ?? asStored

/** From upright to stored size, or back. */
export function turned({ width, height }: Size, { angle }: Placement): Size {
  return angle === 90 || angle === 270 ? { width: height, height: width } : { width, height }
}

export function place(pipeline: Sharp, { mirror, angle }: Placement): Sharp {
  const mirrored = mirror === null ? pipeline : pipeline[mirror]()
  return angle === 0 ? mirrored : mirrored.rotate(angle)
}
