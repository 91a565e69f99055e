import { ulid } from '@glowworm/events/vocabulary'
import { expect, test } from 'vitest'
import { ambient } from './ambient.ts'

test('makes ULIDs that grow, however fast they are asked for', () => {
  const ids = Array.from({ length: 1_000 }, () => ambient.newId())
  expect(ids.every((id) => ulid.safeParse(id).success)).toBe(true)
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
})
