import type { Sharp } from 'sharp'
import { sharp } from '../load-sharp.ts'

export const cornerColors = {
  topLeft: [230, 30, 30],
  topRight: [30, 200, 30],
  bottomLeft: [30, 30, 230],
  bottomRight: [230, 210, 30],
} as const

/** A soft gradient whose four corners, each an eighth of the sides, have colours of their own: no two turns look alike. */
export function markedPicture(width: number, height: number, { opacity = 1 } = {}): Sharp {
  const channels = opacity === 1 ? 3 : 4
  const pixels = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const gradient = [(60 * x) / width + 90, (80 * y) / height + 80, (60 * (x + y)) / (width + height) + 90]
      const at = (y * width + x) * channels
      pixels.set(cornerAt(x / width, y / height) ?? gradient, at)
      if (channels === 4) pixels[at + 3] = 255 * opacity
    }
  }
  return sharp(pixels, { raw: { width, height, channels } })
}

function cornerAt(x: number, y: number): readonly number[] | null {
  const isLeft = x < 1 / 8
  if (!isLeft && x < 7 / 8) return null
  if (y < 1 / 8) return isLeft ? cornerColors.topLeft : cornerColors.topRight
  if (y >= 7 / 8) return isLeft ? cornerColors.bottomLeft : cornerColors.bottomRight
  return null
}

/** What a camera that is held so stores of an upright picture: mirrored first, then turned clockwise. */
const heldAs: Readonly<Record<number, { readonly mirror?: 'flip' | 'flop'; readonly angle: number }>> = {
  1: { angle: 0 },
  2: { mirror: 'flop', angle: 0 },
  3: { angle: 180 },
  4: { mirror: 'flip', angle: 0 },
  5: { mirror: 'flop', angle: 270 },
  6: { angle: 270 },
  7: { mirror: 'flip', angle: 270 },
  8: { angle: 90 },
}

export async function storedWithOrientation(upright: Sharp, orientation: number): Promise<Buffer> {
  const { mirror, angle } = heldAs[orientation] ?? { angle: 0 }
  const mirrored = mirror ? upright[mirror]() : upright
  return mirrored
    .rotate(angle)
    .withMetadata({ orientation })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer()
}
