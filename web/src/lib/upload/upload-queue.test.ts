import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { totalsOf, type UploadOutcome, UploadQueue, type UploadStep } from './upload-queue.ts'

interface Call {
  readonly name: string
  readonly signal: AbortSignal
  readonly report: (step: UploadStep) => void
  readonly resolve: (outcome: UploadOutcome) => void
  readonly reject: (error: unknown) => void
}

/** A queue whose transports end when the test says so. */
function createQueue(parallel = 2) {
  const calls: Call[] = []
  const queue = new UploadQueue({
    parallel,
    transport: ({ name }, report, signal) =>
      new Promise((resolve, reject) => calls.push({ name, signal, report, resolve, reject })),
    onChange: () => {},
  })
  const add = (...names: string[]) => queue.add(names.map((name) => ({ name, size: 100 })))
  const states = () => queue.uploads.map(({ file, state }) => `${file.name} ${state.kind}`)
  const started = () => calls.map(({ name }) => name)
  return { queue, calls, add, states, started }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))
const added: UploadOutcome = { kind: 'added', imageId: 'x' }

describe('the queue of uploads', () => {
  it('runs so many at a time, in the order in which they came', async () => {
    const { calls, add, states, started } = createQueue(2)
    add('a', 'b', 'c')
    expect(states()).toEqual(['a reading', 'b reading', 'c waiting'])
    calls[1]?.resolve({ kind: 'duplicate', imageId: 'y' })
    await settle()
    expect(started()).toEqual(['a', 'b', 'c'])
    expect(states()).toEqual(['a reading', 'b duplicate', 'c reading'])
  })

  it('never starts an upload that was canceled while it waited', async () => {
    const { queue, calls, add, states, started } = createQueue(1)
    add('a', 'b', 'c')
    queue.cancel(2)
    calls[0]?.resolve(added)
    await settle()
    expect(started()).toEqual(['a', 'c'])
    expect(states()).toEqual(['a added', 'b canceled', 'c reading'])
  })

  it('aborts one that runs, gives its place to the next, and ignores what it says afterwards', async () => {
    const { queue, calls, add, states } = createQueue(1)
    add('a', 'b')
    queue.cancel(1)
    expect(calls[0]?.signal.aborted).toBe(true)
    calls[0]?.report({ kind: 'sending', bytes: 50 })
    calls[0]?.reject(new Error('aborted'))
    await settle()
    expect(states()).toEqual(['a canceled', 'b reading'])
  })

  it('gives the reason of a failure, and tries again on request, at the end of the line', async () => {
    const { queue, calls, add, states } = createQueue(1)
    add('a', 'b')
    calls[0]?.reject(new Error('The file is empty.'))
    await settle()
    expect(queue.uploads[0]?.state).toEqual({ kind: 'failed', reason: 'The file is empty.' })
    queue.retryFailed()
    expect(states()).toEqual(['b reading', 'a waiting'])
    calls[1]?.resolve(added)
    await settle()
    expect(states()).toEqual(['b added', 'a reading'])
  })

  it('tries nothing again that was refused', async () => {
    const { queue, calls, add, states } = createQueue(1)
    add('a')
    calls[0]?.resolve({ kind: 'refused', reason: 'Expected a JPEG.' })
    await settle()
    queue.retryFailed()
    queue.retry(1)
    expect(states()).toEqual(['a refused'])
    expect(totalsOf(queue.uploads)).toMatchObject({ failed: 1, retryable: 0 })
  })

  it('stops what is read or sent the moment it is paused, and begins it anew, in its old place', async () => {
    const { queue, calls, add, states, started } = createQueue(2)
    add('a', 'b', 'c')
    calls[0]?.report({ kind: 'sending', bytes: 50 })
    queue.pause()
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, true])
    calls[0]?.report({ kind: 'sending', bytes: 60 })
    calls[1]?.reject(new Error('aborted'))
    await settle()
    expect(states()).toEqual(['a waiting', 'b waiting', 'c waiting'])
    queue.resume()
    expect(states()).toEqual(['a reading', 'b reading', 'c waiting'])
    expect(started()).toEqual(['a', 'b', 'a', 'b'])
  })

  it('lets what has arrived end while it is paused, and starts nothing in its place', async () => {
    const { queue, calls, add, states } = createQueue(1)
    add('a', 'b')
    calls[0]?.report({ kind: 'checking' })
    queue.pause()
    expect(calls[0]?.signal.aborted).toBe(false)
    calls[0]?.resolve(added)
    await settle()
    expect(states()).toEqual(['a added', 'b waiting'])
    queue.resume()
    expect(states()).toEqual(['a added', 'b reading'])
  })

  it('forgets only what has ended', async () => {
    const { queue, calls, add, states } = createQueue(1)
    add('a', 'b')
    calls[0]?.resolve(added)
    await settle()
    queue.clear()
    expect(states()).toEqual(['b reading'])
  })

  it('tells totals in files and bytes, without those that were canceled', () => {
    const { queue, calls, add } = createQueue(2)
    add('a', 'b', 'c', 'd')
    calls[0]?.report({ kind: 'sending', bytes: 40 })
    calls[1]?.report({ kind: 'checking' })
    queue.cancel(4)
    expect(totalsOf(queue.uploads)).toMatchObject({ files: 3, active: 2, waiting: 1, bytes: 300, bytesDone: 140 })
  })

  it('keeps its bound, and brings everything to an end, whatever is done to it', async () => {
    const act = fc.tuple(fc.constantFrom('add', 'cancel', 'retry', 'pause', 'resume', 'resolve', 'reject'), fc.nat(9))
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
        const { queue, calls, add } = createQueue(3)
        const running = () => queue.uploads.filter(({ state }) => state.kind === 'reading').length
        for (const [what, number] of acts) {
          if (what === 'add') add(`f${number}`)
          else if (what === 'cancel' || what === 'retry') queue[what](number)
          else if (what === 'pause' || what === 'resume') queue[what]()
          else if (what === 'resolve') calls[number]?.resolve(added)
          else calls[number]?.reject(new Error('no'))
          await settle()
          expect(running()).toBeLessThanOrEqual(3)
        }
        queue.resume()
        for (let index = 0; index < calls.length; index++) {
          calls[index]?.resolve(added)
          await settle()
        }
        expect(totalsOf(queue.uploads)).toMatchObject({ active: 0, waiting: 0 })
      }),
      { numRuns: 50 },
    )
  })
})
