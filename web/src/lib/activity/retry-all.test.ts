import type { Image } from '@glowworm/events/image'
import { describe, expect, it } from 'vitest'
import { imageWith } from '#lib/testing/image.ts'
import { retryAll } from './retry-all.ts'

const failedWith = (code: 'worker_crashed' | 'corrupt_image', number: number): Image =>
  imageWith({
    id: String(number).padStart(64, '0'),
    processing_status: 'failed',
    processing_error: { code, message: 'It went wrong.', stage: null },
  })

/** A server that lists two images a page. */
function serverWith(images: readonly Image[], refusedIds: readonly string[] = []) {
  const calls: string[][] = []
  return {
    calls,
    listFailed: async (cursor: string | null) => {
      const from = Number(cursor ?? 0)
      const next_cursor = from + 2 < images.length ? String(from + 2) : null
      return { items: images.slice(from, from + 2), next_cursor }
    },
    retryFailed: async (ids: readonly string[]) => {
      calls.push([...ids])
      const results = ids.map((id) =>
        refusedIds.includes(id)
          ? { id, status: 'failed' as const, error: { code: 'conflict' as const, message: 'A worker has it.' } }
          : { id, status: 'done' as const },
      )
      return { results, remaining: 0 }
    },
  }
}

describe('retrying everything that failed', () => {
  it('takes up what may succeed, says what was refused, and leaves alone what cannot', async () => {
    const images = [1, 2, 3].map((number) => failedWith('worker_crashed', number))
    const server = serverWith([...images, failedWith('corrupt_image', 4)], [images[1]?.id ?? ''])
    expect(await retryAll(server)).toEqual({
      queued: 2,
      refused: [{ image: images[1], reason: 'A worker has it.' }],
      hopeless: 1,
    })
    expect(server.calls).toEqual([images.map(({ id }) => id)])
  })

  it('takes as many calls as it needs, and says how far it is', async () => {
    const server = serverWith(Array.from({ length: 250 }, (_, number) => failedWith('worker_crashed', number)))
    const progress: number[][] = []
    const { queued } = await retryAll(server, (done, total) => progress.push([done, total]))
    expect(server.calls.map((ids) => ids.length)).toEqual([100, 100, 50])
    expect([queued, progress]).toEqual([
      250,
      [
        [0, 250],
        [100, 250],
        [200, 250],
      ],
    ])
  })

  it('calls nobody when there is nothing to retry', async () => {
    const server = serverWith([failedWith('corrupt_image', 1)])
    expect(await retryAll(server)).toEqual({ queued: 0, refused: [], hopeless: 1 })
    expect(server.calls).toEqual([])
  })
})
