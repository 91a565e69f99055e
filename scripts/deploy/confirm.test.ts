import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { confirmAt } from './confirm.ts'

/** What is answered to somebody who types this. */
async function answer(word: string | null, typed: string): Promise<boolean> {
  const input = new PassThrough()
  const output = new PassThrough().resume()
  const isMeant = confirmAt({ input, output })('Delete stage prod?', word)
  input.write(typed)
  return isMeant
}

it.each([
  ['prod', 'prod\r', true],
  ['prod', 'dev\r', false],
  ['prod', 'production\r', false],
  ['prod', 'y\r', false],
  ['prod', '\r', false],
  ['prod', 'prod\x03', false],
  [null, 'y', true],
  [null, 'n', false],
  [null, '\r', false],
  [null, '\x03', false],
])('of whom %j is wanted, and who types %j: %s', async (word, typed, expected) => {
  expect(await answer(word, typed)).toBe(expected)
})
