import { expect, it } from 'vitest'
import { listed } from './format-words.ts'

it.each([
  [[], ''],
  [['JPEG'], 'JPEG'],
  [['JPEG', 'WebP'], 'JPEG and WebP'],
  [['JPEG', 'WebP', 'AVIF'], 'JPEG, WebP and AVIF'],
])('%j is read as %j', (names, words) => {
  expect(listed(names)).toBe(words)
})
