import { describe, expect, it } from 'vitest'
import { imageWith } from '#lib/testing/image.ts'
import { timelineOf } from './timeline.ts'

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString()
const uploaded = imageWith({ uploaded_at: at(0) })
const error = { code: 'storage_unavailable', message: 'Slow down.', stage: 'variants' } as const
const told = (image: typeof uploaded, progress = 0) =>
  timelineOf({ image, progress }).map(({ name, state, detail }) => `${state}: ${name}${detail && `, ${detail}`}`)

describe('the timeline of a photo', () => {
  it('begins with waiting', () => {
    expect(told(uploaded)).toEqual(['done: Uploaded', 'active: Waiting for a worker'])
  })

  it('tells how far a worker has come', () => {
    const taken = { ...uploaded, processing_status: 'processing', last_processing_attempt: at(2) } as const
    const begun = imageWith({ ...taken, processing_attempts: 1 })
    expect(told(begun)).toEqual(['done: Uploaded', 'done: Taken by a worker, waited 2 s', 'active: Making thumbnails'])
    const shown = imageWith({ ...begun, thumbnail_status: 'complete', thumbnails_completed_at: at(2.5) })
    expect(told(shown, 50).slice(2)).toEqual([
      'done: Thumbnails ready, took 0.5 s',
      'active: Making the files for displays, 50 %',
    ])
  })

  const complete = imageWith({
    ...uploaded,
    processing_status: 'complete',
    thumbnail_status: 'complete',
    variant_status: 'complete',
    processing_attempts: 1,
    last_processing_attempt: at(2),
    thumbnails_completed_at: at(2.5),
    processing_completed_at: at(4),
  })

  it('ends when every display is served', () => {
    expect(told(complete)).toEqual([
      'done: Uploaded',
      'done: Taken by a worker, waited 2 s',
      'done: Thumbnails ready, took 0.5 s',
      'done: Ready for every display, took 1.5 s',
    ])
  })

  it('keeps the order of time when only the variants were made again', () => {
    const again = imageWith({
      ...complete,
      processing_attempts: 2,
      last_processing_attempt: at(90),
      processing_completed_at: at(91),
    })
    expect(told(again)).toEqual([
      'done: Uploaded',
      'done: Thumbnails ready',
      'done: Taken by a worker again',
      'done: Ready for every display, took 1 s',
    ])
  })

  it('tells why it failed, and when it is tried again', () => {
    const taken = { ...uploaded, processing_attempts: 1, last_processing_attempt: at(2), processing_error: error }
    const later = imageWith({ ...taken, consecutive_failures: 1, next_retry_at: at(30) })
    expect(timelineOf({ image: later, progress: 0 }).at(-1)).toEqual({
      name: 'Next attempt',
      state: 'waiting',
      at: at(30),
      detail: 'the last one failed: Slow down.',
    })
    const failed = imageWith({ ...taken, processing_status: 'failed', consecutive_failures: 3 })
    expect(told(failed).at(-1)).toBe('failed: Failed, 3 attempts in a row: Slow down.')
    const again = { ...taken, processing_attempts: 3, consecutive_failures: 2 }
    for (const status of ['processing', 'failed'] as const) {
      const count = status === 'processing' ? '2 failed attempts' : '1 failed attempt'
      expect(told(imageWith({ ...again, processing_status: status }))[1]).toBe(
        `done: Taken by a worker again, after ${count}`,
      )
    }
  })

  it('leaves out what older records did not note', () => {
    expect(told(imageWith({ ...complete, thumbnails_completed_at: null })).slice(2)).toEqual([
      'done: Thumbnails ready',
      'done: Ready for every display, took 2 s',
    ])
  })
})
