import { expect, it } from 'vitest'
import { imageWith } from '#lib/testing/image.ts'
import { renditionGroups } from './rendition-groups.ts'

const file = (width: number, height: number) =>
  ({ width, height, format: 'webp', bytes: 1, key: 'k', etag: 'e', url: '/k' }) as const

it('lists what displays get before what the site itself shows, each from small to large', () => {
  const image = imageWith({
    renditions: {
      '2160x3840.webp': file(2160, 3840),
      '600.webp': file(600, 400),
      '300.webp': file(300, 200),
      '1080x1920.webp': file(1080, 1920),
      '1080x1920.jpg': file(1080, 1920),
    },
  })
  const groups = renditionGroups(image).map(({ title, renditions }) => [title, renditions.map(({ name }) => name)])
  expect(groups).toEqual([
    ['For displays', ['1080x1920.jpg', '1080x1920.webp', '2160x3840.webp']],
    ['Thumbnails', ['300.webp', '600.webp']],
  ])
  expect(renditionGroups(image)[1]?.renditions[0]?.shortUrl).toBe(`/media/${image.id}/300.webp`)
})

it('has no group with nothing in it', () => {
  expect(renditionGroups(imageWith())).toEqual([])
})
