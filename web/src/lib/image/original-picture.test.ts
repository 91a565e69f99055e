import { expect, it } from 'vitest'
import { isDisplayable, loadsUnasked, obstacleWords, unaskedBytes } from './original-picture.ts'

const photo = { mime_type: 'image/jpeg', file_size: unaskedBytes, width: 601, height: 400 }

it('fetches an original unasked if it is small enough and nobody saves data', () => {
  expect(loadsUnasked(photo, false)).toBe(true)
  expect(loadsUnasked(photo, true)).toBe(false)
  expect(loadsUnasked({ ...photo, file_size: unaskedBytes + 1 }, false)).toBe(false)
  expect(loadsUnasked({ ...photo, width: 600 }, false)).toBe(false)
})

it('does not try what browsers cannot show, and says so', () => {
  const tiff = { ...photo, mime_type: 'image/tiff' }
  expect(isDisplayable(tiff)).toBe(false)
  expect(loadsUnasked(tiff, false)).toBe(false)
  expect(obstacleWords(tiff)).toContain('TIFF')
  expect(obstacleWords(photo)).toBe('')
})
