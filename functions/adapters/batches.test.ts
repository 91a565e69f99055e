import { expect, test } from 'vitest'
import { batchesOf, untilProcessed } from './batches.ts'

test('cuts a list into batches, the last one shorter', () => {
  expect(batchesOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]])
  expect(batchesOf([], 2)).toEqual([])
})

test('asks again for what was left over, and only for that', async () => {
  const calls: number[][] = []
  const results = await untilProcessed([1, 2, 3], async (requests) => {
    calls.push(requests)
    const [first = 0, ...left] = requests
    return { done: [first * 10], left }
  })
  expect(results).toEqual([10, 20, 30])
  expect(calls).toEqual([[1, 2, 3], [2, 3], [3]])
})

test('gives up on a table that stays too busy, and says that it may pass', async () => {
  const busy = untilProcessed([1], async (left) => ({ done: [], left }))
  await expect(busy).rejects.toMatchObject({ name: 'ImageError', code: 'storage_unavailable' })
})
