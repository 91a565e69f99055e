import { expect, it } from 'vitest'
import { sortFiles } from './sort-files.ts'

const names = (files: readonly { name: string }[]) => files.map(({ name }) => name)

it('parts photos from what lies beside them, and drops what systems leave behind', () => {
  const { photos, others } = sortFiles([
    { name: 'IMG_1.JPG', type: 'image/jpeg' },
    { name: '.DS_Store', type: '' },
    { name: 'Thumbs.db', type: '' },
    { name: 'IMG_1.xmp', type: 'application/rdf+xml' },
    { name: 'IMG_2.heic', type: '' },
    { name: 'film.mov', type: 'video/quicktime' },
    { name: '._IMG_1.JPG', type: 'image/jpeg' },
    { name: 'pasted', type: 'image/png' },
  ])
  expect(names(photos)).toEqual(['IMG_1.JPG', 'IMG_2.heic', 'pasted'])
  expect(names(others)).toEqual(['IMG_1.xmp', 'film.mov'])
})
