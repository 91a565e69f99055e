import { expect, it } from 'vitest'
import { imageWith } from '#lib/testing/image.ts'
import { largestThumbnail, thumbnailsOf } from './thumbnails.ts'

const renditionsOf = (...names: readonly string[]) =>
  Object.fromEntries(
    names.map((name) => [
      name,
      { width: 1, height: 1, format: 'jpeg', bytes: 1, key: 'k', etag: 'e', url: name } as const,
    ]),
  )
const urls = (names: readonly string[]) =>
  thumbnailsOf(imageWith({ renditions: renditionsOf(...names) }), [300, 600]).map(({ url }) => url)

it('takes thumbnails of the best format that there is, and never of two', () => {
  expect(urls(['300.jpg', '600.jpg', '300.webp', '600.webp', '150.webp'])).toEqual(['300.webp', '600.webp'])
  expect(urls(['300.jpg', '600.jpg'])).toEqual(['300.jpg', '600.jpg'])
  expect(urls(['1080x1920.webp'])).toEqual([])
})

it('knows the largest', () => {
  expect(largestThumbnail(imageWith({ renditions: renditionsOf('150.jpg', '600.jpg') }))?.url).toBe('600.jpg')
  expect(largestThumbnail(imageWith())).toBeNull()
})
