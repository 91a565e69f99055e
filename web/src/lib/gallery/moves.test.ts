import fc from 'fast-check'
import { expect, it } from 'vitest'
import { moved } from './moves.ts'

const grid = { columns: 4, count: 10, rowsInSight: 2 }

it.each([
  ['ArrowRight', 3, 4],
  ['ArrowLeft', 4, 3],
  ['ArrowLeft', 0, 0],
  ['ArrowRight', 9, 9],
  ['ArrowDown', 1, 5],
  ['ArrowUp', 5, 1],
  ['ArrowUp', 2, 2],
  ['ArrowDown', 7, 9],
  ['ArrowDown', 9, 9],
  ['PageDown', 1, 9],
  ['PageUp', 9, 1],
  ['Home', 6, 0],
  ['End', 6, 9],
  ['x', 6, null],
])('%s leads from %i to %j', (key, from, to) => {
  expect(moved(key, from, grid)).toBe(to)
})

it('leaves sideways keys alone where there is one column', () => {
  expect(moved('ArrowRight', 1, { ...grid, columns: 1 })).toBeNull()
})

it('never leaves the list', () => {
  const keys = fc.constantFrom('ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End')
  const layouts = fc.record({
    columns: fc.integer({ min: 2, max: 9 }),
    count: fc.integer({ min: 1, max: 50 }),
    rowsInSight: fc.integer({ min: 1, max: 9 }),
  })
  fc.assert(
    fc.property(keys, layouts, fc.nat(), (key, layout, start) => {
      const to = moved(key, start % layout.count, layout)
      expect(to).toBeGreaterThanOrEqual(0)
      expect(to).toBeLessThan(layout.count)
    }),
  )
})
