import { describe, expect, it } from 'vitest'
import { SessionExpiry } from './session-expiry.ts'

describe('a session that has run out', () => {
  it('is told of once, however many calls wait, and lets all go on', async () => {
    const expiry = new SessionExpiry()
    let told = 0
    expiry.onExpired = () => told++
    const calls = [expiry.signedInAgain(), expiry.signedInAgain()]
    expiry.settle(true)
    expect(await Promise.all(calls)).toEqual([true, true])
    expect(told).toBe(1)
    void expiry.signedInAgain()
    expect(told).toBe(2)
  })

  it('ends in vain when somebody else comes', async () => {
    const expiry = new SessionExpiry()
    const call = expiry.signedInAgain()
    expiry.settle(false)
    expect(await call).toBe(false)
  })

  it('keeps nobody waiting who has given up', async () => {
    const expiry = new SessionExpiry()
    const controller = new AbortController()
    const call = expiry.signedInAgain(controller.signal)
    controller.abort(new Error('canceled'))
    await expect(call).rejects.toThrow('canceled')
  })
})
