import { expect, it } from 'vitest'
import { goesToApi } from './front-door.ts'

it.each([
  ['/api/images?limit=1.2.3', true],
  ['/media/abc/1080x1920', true],
  ['/media/abc/1080x1920.webp', true],
  ['/media/abc/1080x1920.0a1b2c3d.webp', false],
  ['/', false],
  ['/settings', false],
  ['/_app/immutable/entry.js', false],
])('%s goes to the API: %s', (path, expected) => {
  expect(goesToApi(path)).toBe(expected)
})
