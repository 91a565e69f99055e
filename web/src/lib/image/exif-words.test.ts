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
    ['Original', 'JPEG · 640 × 480 · 0.3 megapixels · 1.0 KB'],
    ['Camera', 'Canon EOS R5'],
    ['Exposure', '1/250 s · f/2.8 · 35 mm · ISO 400'],
    ['Uploaded', expect.any(String)],
  ])
})

const unknown: Exif = {
  captured_at: null,
  camera_make: null,
  camera_model: null,
  lens: null,
  iso: null,
  f_number: null,
  exposure: null,
  focal_length: null,
  has_gps: false,
}

it.each([
  ['NIKON CORPORATION', 'NIKON D3100', 'NIKON D3100'],
  ['LEICA CAMERA AG', 'LEICA T (Typ 701)', 'LEICA T (Typ 701)'],
  ['Apple', 'iPhone 6s', 'Apple iPhone 6s'],
  ['samsung', null, 'samsung'],
])('names a camera of %s, %s once: %s', (camera_make, camera_model, words) => {
  expect(factsOf(imageWith({ exif: { ...unknown, camera_make, camera_model } }))).toContainEqual(['Camera', words])
})

it.each(['2021-04-10T11:44:00', '2021-04-10T11:44:00+09:00', '2021-04-10T11:44:00Z'])(
  'shows what the clock of the camera showed: %s',
  (captured_at) => {
    const facts = new Map(factsOf(imageWith({ exif: { ...unknown, captured_at } })))
    expect(facts.get('Taken')).toMatch(/2021.*11:44/)
  },
)
