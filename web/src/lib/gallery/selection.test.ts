import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extend, nothingSelected, type Selection, selectAll, toggle } from './selection.ts'

const order = [...'abcdefgh']
const id = fc.constantFrom(...order)
const selected = ({ ids }: Selection) => [...ids].sort().join('')
const any: fc.Arbitrary<Selection> = fc
  .array(fc.tuple(fc.constantFrom('toggle', 'extend', 'all'), id), { maxLength: 8 })
  .map((acts) =>
    acts.reduce(
      (selection, [act, at]) =>
        act === 'toggle'
          ? toggle(selection, at)
          : act === 'extend'
            ? extend(selection, order, at)
            : selectAll(selection, order),
      nothingSelected,
    ),
  )

describe('a selection', () => {
  it('takes one in, and out again', () => {
    const one = toggle(nothingSelected, 'b')
    expect(selected(one)).toBe('b')
    expect(selected(toggle(one, 'b'))).toBe('')
  })

  it('reaches from the last one pointed at, in either direction', () => {
    const from = toggle(nothingSelected, 'd')
    expect(selected(extend(from, order, 'f'))).toBe('def')
    expect(selected(extend(from, order, 'b'))).toBe('bcd')
  })

  it('turns its range about the anchor, and keeps what was selected before', () => {
    const before = toggle(toggle(nothingSelected, 'h'), 'd')
    expect(selected(extend(extend(before, order, 'g'), order, 'c'))).toBe('cdh')
  })

  it('begins a range where the focus was if nothing was pointed at, or if that has left the list', () => {
    expect(selected(extend(nothingSelected, order, 'c', 'b'))).toBe('bc')
    const gone = toggle(nothingSelected, 'a')
    expect(selected(extend(gone, order.slice(1), 'd', 'c'))).toBe('acd')
  })

  it('selects all of the list, and what it had', () => {
    expect(selected(selectAll(toggle(nothingSelected, 'z'), order))).toBe('abcdefghz')
  })

  it('forgets the way that a range took', () => {
    fc.assert(
      fc.property(any, id, id, id, (selection, start, through, end) => {
        const from = toggle(selection, start)
        expect(selected(extend(extend(from, order, through), order, end))).toBe(selected(extend(from, order, end)))
      }),
    )
  })

  it('has both ends of every range, and nothing that is not in the list or was selected before', () => {
    fc.assert(
      fc.property(any, id, (selection, to) => {
        const extended = extend(selection, order, to)
        expect(extended.ids).toContain(to)
        expect(extended.ids).toContain(extended.anchor)
        for (const one of extended.ids) expect(order).toContain(one)
        for (const one of extended.base) expect(extended.ids).toContain(one)
      }),
    )
  })

  it('is as it was after the same was pointed at twice', () => {
    fc.assert(
      fc.property(any, id, (selection, at) => {
        expect(selected(toggle(toggle(selection, at), at))).toBe(selected(selection))
      }),
    )
  })
})
