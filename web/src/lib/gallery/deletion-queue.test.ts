import type { BulkResult } from '@glowworm/events/http-api'
import { describe, expect, it } from 'vitest'
import { DeletionQueue } from './deletion-queue.ts'

const done = (id: string): BulkResult => ({ id, status: 'done' })
const failed = (id: string, code: 'not_found' | 'internal_error'): BulkResult => ({
  id,
  status: 'failed',
  error: { code, message: `No to ${id}.` },
})

function createQueue({
  perCall = 2,
  lastWords = 10,
  answer = done as (id: string) => BulkResult,
  isAway = false,
} = {}) {
  const calls: { ids: string; keepAlive: boolean }[] = []
  const offers: { count: number; undo: () => void; go: () => void; withdrawn: boolean }[] = []
  const failures: string[] = []
  const queue: DeletionQueue = new DeletionQueue(
    {
      async bulkDelete(ids, keepAlive) {
        calls.push({ ids: ids.join(''), keepAlive })
        if (isAway) throw new Error('The server cannot be reached.')
        return ids.map(answer)
      },
      offerUndo(count, answers) {
        const offer = { count, ...answers, withdrawn: false }
        offers.push(offer)
        return { withdraw: () => (offer.withdrawn = true) }
      },
      onFailed: (some) => failures.push(...some.map(({ id, reason }) => `${id}: ${reason}`)),
      onChange: () => {},
    },
    { perCall, lastWords },
  )
  return { queue, calls, offers, failures, hidden: () => [...queue.hidden].join('') }
}
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('a deletion that can be taken back', () => {
  it('hides at once, and tells the server only when the offer to undo has run out, so many at a time', async () => {
    const { queue, calls, offers, hidden } = createQueue()
    queue.delete(['a', 'b', 'c'])
    expect(hidden()).toBe('abc')
    await settle()
    expect(calls).toEqual([])
    offers[0]?.go()
    await settle()
    expect(calls).toEqual([
      { ids: 'ab', keepAlive: true },
      { ids: 'c', keepAlive: true },
    ])
    expect(hidden()).toBe('')
  })

  it('shows again what is undone, and never tells the server', async () => {
    const { queue, calls, offers, hidden } = createQueue()
    queue.delete(['a', 'b'])
    queue.delete(['c'])
    offers[0]?.undo()
    expect(hidden()).toBe('c')
    offers[0]?.go()
    await queue.flush()
    expect(calls).toEqual([{ ids: 'c', keepAlive: true }])
  })

  it('undoes the latest first', () => {
    const { queue, offers, hidden } = createQueue()
    queue.delete(['a'])
    queue.delete(['b'])
    expect(queue.undoLast()).toBe(true)
    expect(offers.map(({ withdrawn }) => withdrawn)).toEqual([false, true])
    expect(hidden()).toBe('a')
    queue.undoLast()
    expect(queue.undoLast()).toBe(false)
  })

  it('asks once for what is asked for twice', () => {
    const { queue, offers } = createQueue()
    queue.delete(['a', 'a'])
    queue.delete(['a'])
    expect(offers.map(({ count }) => count)).toEqual([1])
  })

  it('tells the server of everything before the page goes, without waiting for one answer after the other', async () => {
    const { queue, calls, offers } = createQueue()
    queue.delete(['a', 'b', 'c'])
    queue.delete(['d'])
    expect(queue.untold).toBe(4)
    const flushed = queue.flush()
    expect(calls.map(({ ids }) => ids)).toEqual(['ab', 'cd'])
    expect(queue.untold).toBe(0)
    await flushed
    for (const { go, withdrawn } of offers) {
      expect(withdrawn).toBe(true)
      go()
    }
    await settle()
    expect(calls).toHaveLength(2)
  })

  it('counts what is on its way among the last words of a page, and sends what is too much for those all the same', async () => {
    const { queue, calls, offers } = createQueue({ lastWords: 3 })
    queue.delete(['a', 'b'])
    offers[0]?.go()
    queue.delete(['c'])
    expect(queue.isTooMuchToLeave).toBe(false)
    queue.delete(['d'])
    expect(queue.isTooMuchToLeave).toBe(true)
    await queue.flush()
    expect(calls).toEqual([
      { ids: 'ab', keepAlive: true },
      { ids: 'cd', keepAlive: false },
    ])
    await settle()
    expect(queue.isTooMuchToLeave).toBe(false)
  })

  it('takes back what nobody has heard of yet, when another person comes', async () => {
    const { queue, calls, offers, hidden } = createQueue({ perCall: 1 })
    queue.delete(['a', 'b'])
    offers[0]?.go()
    queue.delete(['c'])
    queue.close()
    await settle()
    expect(calls.map(({ ids }) => ids)).toEqual(['a'])
    expect(offers.map(({ withdrawn }) => withdrawn)).toEqual([false, true])
    expect(hidden()).toBe('')
  })

  it('brings back what could not be deleted, with the reason; what is gone already is no failure', async () => {
    const { queue, offers, failures, hidden } = createQueue({
      answer: (id) => (id === 'a' ? done(id) : failed(id, id === 'b' ? 'not_found' : 'internal_error')),
    })
    queue.delete(['a', 'b', 'c'])
    offers[0]?.go()
    await settle()
    expect(failures).toEqual(['c: No to c.'])
    expect(hidden()).toBe('')
  })

  it('brings all back when the server is away, and can be asked again', async () => {
    const { queue, offers, failures, hidden } = createQueue({ isAway: true })
    queue.delete(['a', 'b'])
    offers[0]?.go()
    await settle()
    expect(failures).toEqual(['a: The server cannot be reached.', 'b: The server cannot be reached.'])
    expect(hidden()).toBe('')
    queue.delete(['a'])
    expect(hidden()).toBe('a')
  })
})
