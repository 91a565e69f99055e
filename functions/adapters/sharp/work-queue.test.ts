import { describe, expect, it } from 'vitest'
import { WorkQueue } from './work-queue.ts'

function deferred() {
  let [resolve, reject] = [() => {}, (_error: Error) => {}]
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

describe('a work queue', () => {
  it('begins with the most urgent work when a place is free', async () => {
    const queue = new WorkQueue(1)
    const first = deferred()
    const order: number[] = []
    const results = [
      queue.run(() => first.promise, 0),
      ...[2, 3, 1].map((urgency) => queue.run(async () => order.push(urgency), urgency)),
    ]
    first.resolve()
    await queue.finish(results)
    expect(order).toEqual([3, 2, 1])
  })

  it('gives no place away that is occupied', async () => {
    const queue = new WorkQueue(1)
    const other = deferred()
    const order: string[] = []
    queue.occupy(other.promise.then(() => order.push('other')))
    const result = queue.run(async () => order.push('work'), 1)
    other.resolve()
    await queue.finish([result])
    expect(order).toEqual(['other', 'work'])
  })

  it('begins nothing after a failure, waits for what is under way, and then tells the first failure', async () => {
    const queue = new WorkQueue(2)
    const [failing, other] = [deferred(), deferred()]
    const order: string[] = []
    const finished = queue
      .finish([
        queue.run(() => failing.promise, 3),
        queue.run(() => other.promise.then(() => order.push('other')), 2),
        queue.run(async () => order.push('never'), 1),
      ])
      .catch((error: unknown) => order.push(String(error)))
    failing.reject(new Error('first'))
    await failing.promise.catch(() => {})
    expect(order).toEqual([])
    other.resolve()
    await finished
    expect(order).toEqual(['other', 'Error: first'])
    expect(() => queue.throwIfStopped()).toThrow('first')
  })
})
