import { expect, it } from 'vitest'
import { imageWith } from '#lib/testing/image.ts'
import { neighboursOf } from './neighbours.ts'

const images = ['a', 'b', 'c'].map((id) => ({ image: imageWith({ id }) }))

it.each([
  ['a', null, 'b'],
  ['b', 'a', 'c'],
  ['c', 'b', null],
  ['elsewhere', null, null],
])('knows what stands beside %s', (id, previous, next) => {
  expect(neighboursOf(images, id)).toEqual({ previous, next })
})
