import { describe, expect, it } from 'vitest'
import { isWithin, places } from './places.ts'

const placesAt = (path: string) => places.filter((place) => isWithin(place, path)).map(({ name }) => name)

describe('the place that a page belongs to', () => {
  it.each([
    ['/', ['Gallery']],
    [`/images/${'0'.repeat(64)}`, ['Gallery']],
    ['/settings', ['Settings']],
    ['/settings/', ['Settings']],
    ['/settings-of-another-kind', []],
    ['/no/such/page', []],
  ])('%s belongs to %j', (path, names) => {
    expect(placesAt(path)).toEqual(names)
  })
})
