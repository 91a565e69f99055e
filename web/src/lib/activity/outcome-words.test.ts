import { expect, it } from 'vitest'
import { lettersWords, redrivenWords, retriedWords } from './outcome-words.ts'

it.each([
  [{ queued: 2, refused: [], remaining: 0 }, '2 photos will be processed again.'],
  [
    { queued: 1, refused: [{ id: 'a', reason: 'Busy.' }], remaining: 3 },
    '1 photo will be processed again. 1 photo could not be taken up. 3 photos are left; try again in a moment.',
  ],
  [{ queued: 0, refused: [], remaining: 0 }, 'There was nothing left to retry.'],
])('retrying is told in words: %j', (outcome, words) => {
  expect(retriedWords(outcome)).toBe(words)
})

it.each([
  [{ redriven: 1, dropped: 0, kept: 0 }, '1 job sent back to work.'],
  [
    { redriven: 2, dropped: 1, kept: 1 },
    '2 jobs sent back to work. 1 job dropped: nothing was left to do. 1 job kept: unreadable, or not possible right now.',
  ],
  [{ redriven: 0, dropped: 0, kept: 0 }, 'No dead job was found. Counts are a moment late; look again soon.'],
])('a redrive is told in words: %j', (answer, words) => {
  expect(redrivenWords(answer)).toBe(words)
})

it.each([
  [{ backfills: 0, direct: 0, updates: 0 }, []],
  [
    { backfills: 1, direct: 1, updates: 0 },
    [
      '1 change of display sizes did not get to every photo. A redrive goes on with it.',
      '1 message more is looked at every minute; what stays for longer is unreadable, and in no redrive.',
    ],
  ],
  [
    { backfills: 2, direct: 1, updates: 2 },
    [
      '2 changes of display sizes did not get to every photo. A redrive goes on with them.',
      '3 messages more are looked at every minute; what stays for longer is unreadable, and in no redrive.',
    ],
  ],
])('other dead letters are told in words: %j', (letters, words) => {
  expect(lettersWords(letters)).toEqual(words)
})
