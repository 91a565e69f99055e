import type { Size } from '../../core/image-header/picture-header.ts'
import { scaled } from './framing.ts'
import { type Raster, resize } from './raster.ts'

/** From a factor of 4 on libvips first averages boxes, which is slower than its vectorised reduction below that. */
export const step = 3.9

/** The whole picture in stored orientation at falling scales: each level is made of the one before, when first needed. */
export class Pyramid {
  readonly #sizes: readonly Size[]
  readonly #levels: Promise<Raster>[]

  /** @param sizes Of the base, and of the levels that are wanted below it, if any; more follow, a step apart. */
  constructor(base: Promise<Raster>, sizes: readonly [Size, ...Size[]]) {
    this.#levels = [base]
    this.#sizes = [...sizes, ...stepsBelow(sizes.at(-1) ?? sizes[0])]
  }

  /** The smallest level from which a picture of this size can be made without enlarging the level. */
  levelFor(size: Size): Promise<Raster> {
    return this.#level(
      Math.max(
        0,
        this.#sizes.findLastIndex((level) => covers(level, size)),
      ),
    )
  }

  #level(depth: number): Promise<Raster> {
    const level =
      this.#levels[depth] ?? this.#level(depth - 1).then((larger) => resize(larger, this.#sizes[depth] ?? larger))
    this.#levels[depth] = level
    return level
  }
}

const covers = (outer: Size, inner: Size): boolean => outer.width >= inner.width && outer.height >= inner.height

function stepsBelow(size: Size): readonly Size[] {
  if (Math.max(size.width, size.height) < step) return []
  const smaller = scaled(size, 1 / step)
  return [smaller, ...stepsBelow(smaller)]
}
