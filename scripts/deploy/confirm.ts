import type { Readable, Writable } from 'node:stream'
import * as screen from '@clack/prompts'
import type { Confirm } from './destroy.ts'

export interface Terminal {
  readonly input: Readable
  readonly output: Writable
}

/** Asks at a terminal. Whatever is not a plain yes, or not that very word, is a no. */
export const confirmAt =
  (terminal: Terminal): Confirm =>
  async (question, word) => {
    if (word === null) {
      return (await screen.confirm({ ...terminal, message: question, initialValue: false })) === true
    }
    const message = `${question} No photo comes back. Type ${word} to go on`
    return (await screen.text({ ...terminal, message })) === word
  }
