import type { FocalPoint } from '@glowworm/events/image'

export const centre: FocalPoint = { x: 0.5, y: 0.5 }

/** A thousandth of a side is finer than any display; more digits would only be noise. */
const share = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000

/** The point of the picture that is at a point of the screen; the nearest one for a point beside the picture. */
export function focalPointAt(
  picture: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  clientX: number,
  clientY: number,
): FocalPoint {
  return { x: share((clientX - picture.left) / picture.width), y: share((clientY - picture.top) / picture.height) }
}

const directions: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** Where a key takes the point: a hundredth of a side further, or a tenth. Null for a key that does not move it. */
export function nudged({ x, y }: FocalPoint, key: string, isLarge: boolean): FocalPoint | null {
  const direction = directions[key]
  if (direction === undefined) return null
  const step = isLarge ? 0.1 : 0.01
  return { x: share(x + direction[0] * step), y: share(y + direction[1] * step) }
}

/** `35 % from the left, 60 % from the top`. */
export function focalPointWords(point: FocalPoint | null): string {
  if (point === null) return 'the centre'
  return `${Math.round(point.x * 100)} % from the left, ${Math.round(point.y * 100)} % from the top`
}
