import { imageSort } from '@glowworm/events/http-api'
import { processingStatus } from '@glowworm/events/vocabulary'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestError } from '../core/errors.ts'
import type { ImageQuery } from '../core/ports.ts'
import { decodeCursor, encodeCursor } from './list-cursor.ts'

const queries: fc.Arbitrary<ImageQuery> = fc.record({
  status: fc.option(fc.constantFrom(...processingStatus.options)),
  text: fc.option(fc.string({ minLength: 1, maxLength: 100, unit: 'grapheme' })),
  sort: fc.constantFrom(...imageSort.options),
  limit: fc.integer({ min: 1, max: 200 }),
  cursor: fc.constant(null),
})
const positions = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{64}$/),
  sortKey: fc
    .string({ minLength: 1, maxLength: 255, unit: 'grapheme' })
    .filter((key) => Buffer.byteLength(key) <= 1024),
})

test('gives back the position it was made from, whatever the size of the page', () => {
  fc.assert(
    fc.property(queries, positions, fc.integer({ min: 1, max: 200 }), (query, position, limit) => {
      const cursor = encodeCursor(query, position)
      expect(decodeCursor({ ...query, limit }, cursor)).toEqual(position)
      expect(cursor).toMatch(/^[\w-]{1,2048}$/)
    }),
  )
})

test('is of no use for another query', () => {
  fc.assert(
    fc.property(queries, queries, positions, (query, other, position) => {
      const key = ({ status, text, sort }: ImageQuery) => JSON.stringify([status, text, sort])
      fc.pre(key(query) !== key(other))
      expect(() => decodeCursor(other, encodeCursor(query, position))).toThrow(RequestError)
    }),
  )
})

/** Anything a client may send instead, much of it close to the real thing. */
const forgeries = fc.oneof(
  fc.string(),
  fc.base64String(),
  fc.json().map((text) => Buffer.from(text).toString('base64url')),
  fc
    .tuple(fc.constantFrom(1, 2), fc.string(), fc.string(), fc.oneof(fc.string(), fc.constant('x'.repeat(1025))))
    .map((content) => Buffer.from(JSON.stringify(content)).toString('base64url')),
)

test('is refused, and breaks nothing, when it is not ours', () => {
  fc.assert(
    fc.property(queries, forgeries, (query, cursor) => {
      expect(() => decodeCursor(query, cursor)).toThrow(
        expect.objectContaining({ status: 400, code: 'invalid_request' }) as Error,
      )
    }),
  )
})

test('is refused when a character of it was changed, or means a position all the same', () => {
  fc.assert(
    fc.property(queries, positions, fc.nat(), fc.constantFrom(...'aZ09-_=.'), (query, position, at, character) => {
      const cursor = encodeCursor(query, position)
      const index = at % cursor.length
      const changed = cursor.slice(0, index) + character + cursor.slice(index + 1)
      try {
        const { id, sortKey } = decodeCursor(query, changed)
        expect(id).toMatch(/^[0-9a-f]{64}$/)
        expect(Buffer.byteLength(sortKey)).toBeLessThanOrEqual(1024)
      } catch (error) {
        expect(error).toBeInstanceOf(RequestError)
      }
    }),
  )
})
