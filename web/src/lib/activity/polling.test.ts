import { describe, expect, it } from 'vitest'
import { Polling } from './polling.ts'

function setUp() {
  let now = 0
  let timers: { readonly at: number; readonly then: () => void }[] = []
  const questions: { readonly at: number; readonly answer: () => void }[] = []
  const clock = {
    now: () => now,
    after(ms: number, then: () => void) {
      const timer = { at: now + ms, then }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
  }
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  const polling = new Polling(() => new Promise<void>((resolve) => questions.push({ at: now, answer: resolve })), clock)
  return {
    polling,
    /** When it asked, in seconds. */
    asked: () => questions.map(({ at }) => at / 1_000),
    async answer() {
      questions.at(-1)?.answer()
      await settle()
    },
    /** Goes on by so many seconds; every question is answered at once. */
    async pass(seconds: number) {
      const end = now + seconds * 1_000
      for (;;) {
        const next = timers.toSorted((a, b) => a.at - b.at)[0]
        if (next === undefined || next.at > end) break
        timers = timers.filter((other) => other !== next)
        now = next.at
        next.then()
        await this.answer()
      }
      now = end
    },
  }
}

describe('polling', () => {
  it('asks at once, and then again after each pause', async () => {
    const { polling, asked, ...time } = setUp()
    polling.setPause(5_000)
    await time.pass(16)
    expect(asked()).toEqual([0, 5, 10, 15])
  })

  it('asks nothing while it is told not to, and what is overdue at once', async () => {
    const { polling, asked, ...time } = setUp()
    polling.setPause(5_000)
    await time.pass(6)
    polling.setPause(null)
    await time.pass(100)
    polling.setPause(30_000)
    await time.pass(1)
    expect(asked()).toEqual([0, 5, 106])
  })

  it('does not ask early because it was away for a moment', async () => {
    const { polling, asked, ...time } = setUp()
    polling.setPause(30_000)
    await time.pass(10)
    polling.setPause(null)
    await time.pass(1)
    polling.setPause(30_000)
    await time.pass(20)
    expect(asked()).toEqual([0, 30])
  })

  it('is quick as soon as there is a reason, and has one more quick look when there is none any more', async () => {
    const { polling, asked, ...time } = setUp()
    polling.setPause(30_000)
    await time.pass(12)
    polling.setPause(5_000)
    await time.pass(6)
    polling.setPause(30_000)
    await time.pass(60)
    expect(asked()).toEqual([0, 12, 17, 22, 52])
  })

  it('asks at once after an action, and counts the pause from there', async () => {
    const { polling, asked, ...time } = setUp()
    polling.setPause(30_000)
    await time.pass(10)
    void polling.askNow()
    await time.answer()
    await time.pass(31)
    expect(asked()).toEqual([0, 10, 40])
  })

  it('asks again when an action came while it was asking, one question at a time', async () => {
    const { polling, asked, ...time } = setUp()
    void polling.askNow()
    let isDone = false
    void polling.askNow().then(() => {
      isDone = true
    })
    void polling.askNow()
    expect(asked()).toEqual([0])
    await time.answer()
    expect([asked(), isDone]).toEqual([[0, 0], false])
    await time.answer()
    expect([asked(), isDone]).toEqual([[0, 0], true])
  })

  it('counts the pause from the answer, so that a slow server is asked less', async () => {
    const { polling, asked, ...time } = setUp()
    void polling.askNow()
    polling.setPause(5_000)
    await time.pass(20)
    expect(asked()).toEqual([0])
    await time.answer()
    await time.pass(6)
    expect(asked()).toEqual([0, 25])
  })
})
