import { createHash } from 'node:crypto'

/** Numbers in [0, 1), the same ones in the same order for the same seed and name. Not for secrets. */
export type RandomSequence = () => number

/** Each name has a sequence of its own: drawing from one changes no other. */
export function randomSequence(seed: number, name: string): RandomSequence {
  let state = createHash('sha256').update(`${seed} ${name}`).digest().readUInt32LE()
  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
