import { describe, expect, it } from 'vitest'
import { imageWith } from '#lib/testing/image.ts'
import { addressOf, comparator, listSame, matches, parametersOf, queryFrom } from './gallery-query.ts'

const query = (address: string) => queryFrom(new URLSearchParams(address))

describe('the query in the address', () => {
  it('goes to the address and back', () => {
    const address = 'q=beach&status=failed&sort=original_filename'
    expect(new URLSearchParams(parametersOf(query(address))).toString()).toBe(address)
    expect(parametersOf(query(''))).toEqual({})
  })

  it('says how the images are shown, which is nothing to the server', () => {
    expect(addressOf(query('view=list&q=beach'))).toBe('/?q=beach&view=list')
    expect(parametersOf(query('view=list'))).toEqual({})
    expect(listSame(query('view=list&q=beach'), query('q=beach'))).toBe(true)
    expect(listSame(query('q=beach'), query('q=sea'))).toBe(false)
  })

  it('leaves out what is no query', () => {
    expect(query('status=lost&sort=size&q=%20&view=wall')).toEqual(query(''))
  })
})

describe('whether an image belongs to a query', () => {
  it('looks for words in file name, title and camera, whatever their order, the case and the way of writing accents', () => {
    const exif = { camera_make: 'Canon', camera_model: 'EOS R5' }
    const image = imageWith({ original_filename: 'Scho\u0308n.jpg', title: 'At Sea', exif: exif as never })
    for (const q of ['SCHÖN', 'at sea', 'sea  at', 'eos schön', 'canon'])
      expect(matches(query(`q=${q}`), image), q).toBe(true)
    for (const q of ['mountain', 'sea mountain']) expect(matches(query(`q=${q}`), image), q).toBe(false)
  })

  it('looks at the status', () => {
    expect(matches(query('status=failed'), imageWith({ processing_status: 'failed' }))).toBe(true)
    expect(matches(query('status=failed'), imageWith({ processing_status: 'pending' }))).toBe(false)
  })
})

it.each([
  ['', ['c', 'b', 'a']],
  ['sort=uploaded_at', ['a', 'b', 'c']],
  ['sort=original_filename', ['b', 'c', 'a']],
  ['sort=-original_filename', ['a', 'c', 'b']],
])('puts images into the order of %j', (address, expected) => {
  const images = [
    imageWith({ id: 'a', uploaded_at: '2026-01-01T00:00:00.000Z', original_filename: 'z.jpg' }),
    imageWith({ id: 'b', uploaded_at: '2026-01-02T00:00:00.000Z', original_filename: 'A.jpg' }),
    imageWith({ id: 'c', uploaded_at: '2026-01-03T00:00:00.000Z', original_filename: 'b.jpg' }),
  ]
  expect(images.sort(comparator(query(address))).map(({ id }) => id)).toEqual(expected)
})
