import { limits } from '@glowworm/events/vocabulary'
import { inWords } from './size-presets.ts'

const { min, max } = limits.displaySide

/** What somebody has typed, as it stands in the two fields. */
export interface SizeInput {
  readonly width: string
  readonly height: string
}

export type Side = keyof SizeInput

/**
 * What is wrong with one side, in words; null if nothing is, or nothing yet.
 * @param isFinished whether the field has been left: a number that is still typed may be short for the moment
 */
export function problemOfSide(text: string, isFinished: boolean): string | null {
  const typed = text.trim()
  if (typed === '') return isFinished ? 'How many pixels?' : null
  if (!/^\d+$/.test(typed)) return 'Whole numbers only, please.'
  if (Number(typed) > max) return `${max} pixels are the most.`
  if (Number(typed) < min && isFinished) return `${min} pixels are the least.`
  return null
}

/** What stands against adding the size although both sides are right; null if nothing does. */
export function problemOfSize(size: string, present: readonly string[]): string | null {
  if (present.includes(size)) return `${inWords(size)} is on the list already.`
  if (present.length >= limits.displaySizes) return `${limits.displaySizes} sizes are the most. Remove one first.`
  return null
}

/** `WIDTHxHEIGHT`; null as long as a side is wrong. */
export function sizeFrom({ width, height }: SizeInput): string | null {
  if (problemOfSide(width, true) !== null || problemOfSide(height, true) !== null) return null
  return `${Number(width)}x${Number(height)}`
}
