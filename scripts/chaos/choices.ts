import type { RandomSequence } from '../local/faults/random.ts'

/** A whole number, both ends included. */
export function between(random: RandomSequence, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1))
}

export function oneOf<Choice>(random: RandomSequence, choices: readonly Choice[]): Choice {
  return choices[Math.floor(random() * choices.length)] as Choice
}
