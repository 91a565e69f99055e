import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Stays } from './stays.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function twoMessages() {
  const stays = new Stays()
  const ended: number[] = []
  for (const id of [1, 2]) stays.begin(id, 1_000 * id, () => ended.push(id))
  return { stays, ended }
}

it('ends each in its time', () => {
  const { ended } = twoMessages()
  vi.advanceTimersByTime(1_000)
  expect(ended).toEqual([1])
  vi.advanceTimersByTime(1_000)
  expect(ended).toEqual([1, 2])
})

it('stands still until both the pointer and the focus have left', () => {
  const { stays, ended } = twoMessages()
  vi.advanceTimersByTime(600)
  stays.hold(1, 'pointer')
  stays.hold(1, 'focus')
  stays.release(1, 'pointer')
  vi.advanceTimersByTime(10_000)
  expect(ended).toEqual([])
  stays.release(1, 'focus')
  vi.advanceTimersByTime(399)
  expect(ended).toEqual([])
  vi.advanceTimersByTime(1)
  expect(ended).toEqual([1])
})

it('goes on when what the pointer was on has gone', () => {
  const { stays, ended } = twoMessages()
  stays.hold(1, 'pointer')
  stays.forget(1)
  vi.advanceTimersByTime(2_000)
  expect(ended).toEqual([2])
})

it('does not begin while another is held', () => {
  const { stays, ended } = twoMessages()
  stays.hold(2, 'focus')
  stays.begin(3, 10, () => ended.push(3))
  vi.advanceTimersByTime(10_000)
  expect(ended).toEqual([])
  stays.release(2, 'focus')
  vi.advanceTimersByTime(10)
  expect(ended).toEqual([3])
})
