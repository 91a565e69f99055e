import type { Exif } from '@glowworm/events/image'
import { expect, it } from 'vitest'
import { imageWith } from '#lib/testing/image.ts'
import { exposureWords, factsOf } from './exif-words.ts'

it.each([
  [0.004, '1/250 s'],
  [1 / 8000, '1/8000 s'],
  [0.3, '1/3 s'],
  [0.5, '0.5 s'],
  [2.5, '2.5 s'],
  [30, '30 s'],
])('says an exposure of %d s as photographers do', (seconds, words) => {
  expect(exposureWords(seconds)).toBe(words)
})

it('tells what the camera wrote, each thing once, and leaves out what it did not', () => {
  const exif: Exif = {
    captured_at: null,
    camera_make: 'Canon',
    camera_model: 'Canon EOS R5',
    lens: null,
    iso: 400,
    f_number: 2.8,
    exposure: 0.004,
    focal_length: 35,
    has_gps: true,
  }
  expect(factsOf(imageWith({ exif }))).toMatchObject([
    ['File', 'photo.jpg'],
    ['Original', '640 × 480, 1.0 KB, image/jpeg'],
    ['Camera', 'Canon EOS R5'],
    ['Exposure', '1/250 s · f/2.8 · 35 mm · ISO 400'],
    ['Uploaded', expect.any(String)],
  ])
})
