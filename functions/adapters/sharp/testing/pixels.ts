import { sharp } from '../load-sharp.ts'

export interface Pixels {
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly data: Uint8Array
  /** The channels of one pixel; places count from 0 to 1. */
  at(x: number, y: number): readonly number[]
}

export async function pixelsOf(file: Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const at = (x: number, y: number) => {
    const [column, row] = [Math.min(width - 1, Math.floor(x * width)), Math.min(height - 1, Math.floor(y * height))]
    const start = (row * width + column) * channels
    return [...data.subarray(start, start + channels)]
  }
  return { width, height, channels, data, at }
}

/** Mean absolute difference per channel, 0 to 255. */
export function meanDifference(a: Pixels, b: Pixels): number {
  if (a.width !== b.width || a.height !== b.height || a.channels !== b.channels) {
    throw new Error(`Expected ${a.width}x${a.height}x${a.channels}, received ${b.width}x${b.height}x${b.channels}`)
  }
  return a.data.reduce((sum, value, index) => sum + Math.abs(value - (b.data[index] ?? 0)), 0) / a.data.length
}

/** Structural similarity of the lightness, mean of blocks of 8x8: 1 for the same picture. */
export async function similarity(a: Uint8Array, b: Uint8Array): Promise<number> {
  const [left, right] = await Promise.all([greyOf(a), greyOf(b)])
  const { width, height } = left.info
  let sum = 0
  let blocks = 0
  for (let top = 0; top + 8 <= height; top += 8) {
    for (let start = 0; start + 8 <= width; start += 8) {
      sum += blockSimilarity(left.data, right.data, top * width + start, width)
      blocks++
    }
  }
  return sum / blocks
}

const greyOf = (file: Uint8Array) => sharp(file).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true })

/** Constants as in the paper of Wang et al. (2004). */
const [steadyMeans, steadyVariances] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2]

function blockSimilarity(a: Uint8Array, b: Uint8Array, start: number, stride: number): number {
  const sums = { a: 0, b: 0, aa: 0, bb: 0, ab: 0 }
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 8; column++) {
      const x = a[start + row * stride + column] ?? 0
      const y = b[start + row * stride + column] ?? 0
      sums.a += x
      sums.b += y
      sums.aa += x * x
      sums.bb += y * y
      sums.ab += x * y
    }
  }
  const [meanA, meanB] = [sums.a / 64, sums.b / 64]
  const variances = sums.aa / 64 - meanA ** 2 + sums.bb / 64 - meanB ** 2
  const covariance = sums.ab / 64 - meanA * meanB
  return (
    ((2 * meanA * meanB + steadyMeans) * (2 * covariance + steadyVariances)) /
    ((meanA ** 2 + meanB ** 2 + steadyMeans) * (variances + steadyVariances))
  )
}
