import { displaySize, limits } from '@glowworm/events/vocabulary'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { problemOfSide, problemOfSize, sizeFrom } from './size-input.ts'

describe('a side', () => {
  it.each([
    ['16', null],
    ['8192', null],
    [' 0640 ', null],
    ['8193', '8192 pixels are the most.'],
    ['15', '16 pixels are the least.'],
    ['0', '16 pixels are the least.'],
    ['', 'How many pixels?'],
    ['12.5', 'Whole numbers only, please.'],
    ['-20', 'Whole numbers only, please.'],
    ['wide', 'Whole numbers only, please.'],
  ])('%j that has been left: %j', (text, problem) => {
    expect(problemOfSide(text, true)).toBe(problem)
  })

  it.each([
    ['', null],
    ['1', null],
    ['90000', '8192 pixels are the most.'],
    ['1o', 'Whole numbers only, please.'],
  ])('%j that is still typed: %j', (text, problem) => {
    expect(problemOfSide(text, false)).toBe(problem)
  })
})

describe('a size', () => {
  it('is there once both sides are right, and then the server takes it', () => {
    const side = fc.oneof(fc.integer({ min: -10, max: 10_000 }).map(String), fc.string({ maxLength: 6 }))
    fc.assert(
      fc.property(side, side, (width, height) => {
        const size = sizeFrom({ width, height })
        const isRight = problemOfSide(width, true) === null && problemOfSide(height, true) === null
        expect(size !== null).toBe(isRight)
        if (size !== null) expect(displaySize.safeParse(size).success).toBe(true)
      }),
    )
  })

  it('is added only once, and only as long as there is room', () => {
    expect(problemOfSize('320x240', ['16x16'])).toBeNull()
    expect(problemOfSize('320x240', ['16x16', '320x240'])).toBe('320 × 240 is on the list already.')
    const many = Array.from({ length: limits.displaySizes }, (_, index) => `16x${16 + index}`)
    expect(problemOfSize('320x240', many)).toBe('20 sizes are the most. Remove one first.')
  })
})
