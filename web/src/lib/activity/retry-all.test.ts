import type { RetriedFailedResponse } from '@glowworm/events/http-api'
import { describe, expect, it } from 'vitest'
import { retryAll } from './retry-all.ts'

const done = (id: string) => ({ id, status: 'done' as const })
const refused = (id: string) => ({
  id,
  status: 'failed' as const,
  error: { code: 'conflict' as const, message: 'A worker has it.' },
})

/** Answers one call after the other. */
function serverWith(...answers: readonly RetriedFailedResponse[]) {
  const left = [...answers]
  return async () => {
    const answer = left.shift()
    if (answer === undefined) throw new Error('Expected no other call')
    return answer
  }
}

describe('retrying everything that failed', () => {
  it('takes as many calls as it needs, and says how far it is', async () => {
    const server = serverWith(
      { results: [done('a'), done('b')], remaining: 3 },
      { results: [done('c'), refused('d')], remaining: 1 },
      { results: [done('e')], remaining: 0 },
    )
    const progress: number[][] = []
    expect(await retryAll(server, (...step) => progress.push(step))).toEqual({
      queued: 4,
      refused: [{ id: 'd', reason: 'A worker has it.' }],
      remaining: 0,
    })
    expect(progress).toEqual([
      [2, 5],
      [4, 5],
    ])
  })

  it('counts nothing twice when the list is a moment late', async () => {
    const server = serverWith(
      { results: [done('a'), refused('b')], remaining: 2 },
      { results: [refused('a'), done('b')], remaining: 0 },
    )
    expect(await retryAll(server)).toEqual({ queued: 2, refused: [], remaining: 0 })
  })

  it('ends when a call brings nothing new, and says what is left', async () => {
    const stuck = { results: [refused('a')], remaining: 7 }
    expect(await retryAll(serverWith(stuck, stuck))).toEqual({
      queued: 0,
      refused: [{ id: 'a', reason: 'A worker has it.' }],
      remaining: 7,
    })
  })
})
