import type { Image } from '@glowworm/events/image'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ImageState } from '#lib/live/image-states.ts'
import { imageWith } from '#lib/testing/image.ts'
import { comparator, matches, queryFrom } from './gallery-query.ts'
import { SortedImages } from './sorted-images.ts'

const query = (address: string) => queryFrom(new URLSearchParams(address))
const stateWith = (changes: Partial<Image>): ImageState => ({ image: imageWith(changes), progress: 0 })
const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`
const idsOf = (states: readonly ImageState[]) => states.map(({ image }) => image.id)
const a = stateWith({ id: 'a', uploaded_at: day(1) })
const b = stateWith({ id: 'b', uploaded_at: day(2) })
const c = stateWith({ id: 'c', uploaded_at: day(3) })

describe('images in the order of a query', () => {
  it('come, change in place and go', () => {
    const images = new SortedImages(query('sort=uploaded_at'), [c])
    images.take(
      new Map([
        ['b', b],
        ['a', a],
      ]),
    )
    expect(images.upTo(null)).toEqual([a, b, c])
    const changed = { ...b, progress: 40 }
    images.take(new Map([['b', changed]]))
    expect(images.upTo(null)[1]).toBe(changed)
    images.take(new Map([['a', null]]))
    expect(idsOf(images.upTo(null))).toEqual(['b', 'c'])
  })

  it('leave when they match no more, and come back when they do', () => {
    const images = new SortedImages(query('sort=uploaded_at&status=pending'), [a, b, c])
    images.take(new Map([['b', stateWith({ ...b.image, processing_status: 'failed' })]]))
    expect(idsOf(images.upTo(null))).toEqual(['a', 'c'])
    images.take(new Map([['b', b]]))
    expect(images.upTo(null)).toEqual([a, b, c])
  })

  it('reach to one that is there, or to where it would be', () => {
    const images = new SortedImages(query('sort=uploaded_at'), [a, c])
    expect(images.upTo(c.image)).toEqual([a, c])
    expect(images.upTo(b.image)).toEqual([a])
  })

  it('change without a change to the list that was read before', () => {
    const images = new SortedImages(query(''), [a, b])
    const before = images.upTo(null)
    images.take(new Map([['c', c]]))
    expect(idsOf(before)).toEqual(['b', 'a'])
  })

  it('are those that sorting everything gives, whatever comes, changes and goes', () => {
    const id = fc.integer({ min: 0, max: 20 }).map(String)
    // What the order goes by is a matter of the id; what a query asks for is not.
    const state = fc
      .record({ id, status: fc.constantFrom('pending', 'failed', 'complete'), title: fc.constantFrom(null, 'Sea') })
      .map(({ id, status, title }) =>
        stateWith({
          id,
          title,
          processing_status: status as Image['processing_status'],
          uploaded_at: day(1 + (Number(id) % 7)),
          original_filename: `${'sSéE'[Number(id) % 4]}.jpg`,
        }),
      )
    const change = fc.oneof(
      state.map((after) => [after.image.id, after] as const),
      id.map((gone) => [gone, null] as const),
    )
    const address = fc
      .tuple(
        fc.constantFrom('uploaded_at', '-uploaded_at', 'original_filename', '-original_filename'),
        fc.constantFrom('', '&status=failed', '&q=sea'),
      )
      .map(([sort, rest]) => `sort=${sort}${rest}`)
    fc.assert(
      fc.property(address, fc.array(state), fc.array(fc.array(change, { maxLength: 8 })), (at, first, bursts) => {
        const known = new Map(first.map((one) => [one.image.id, one]))
        const images = new SortedImages(query(at), known.values())
        const compare = comparator(query(at))
        for (const burst of bursts) {
          for (const [changed, after] of burst) {
            if (after === null) known.delete(changed)
            else known.set(changed, after)
          }
          images.take(new Map(burst))
          const expected = [...known.values()]
            .filter(({ image }) => matches(query(at), image))
            .sort((one, other) => compare(one.image, other.image))
          expect(images.upTo(null)).toEqual(expected)
        }
      }),
    )
  })
})
