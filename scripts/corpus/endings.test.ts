import { describe, expect, it } from 'vitest'
import type { Outcome } from '../upload/upload-files.ts'
import { endingOf, troubleOf } from './endings.ts'

const image = { renditions: { '150.jpg': {} } } as unknown as Outcome['image']

function anOutcome(change: Partial<Outcome>): Outcome {
  const file = { path: '/photos/a.jpg', label: 'a.jpg', name: 'a.jpg', size: 1 }
  return { file, status: 'complete', reason: null, code: null, image, msToThumbnails: 1, msToComplete: 2, ...change }
}

describe('a file', () => {
  it.each<[string, Partial<Outcome>, ReturnType<typeof endingOf>]>([
    ['that is complete', {}, { expected: 'accept', code: null }],
    ['that was there already', { status: 'duplicate' }, { expected: 'accept', code: null }],
    ['that is no picture', refused('unsupported_format'), { expected: 'refuse', code: 'unsupported_format' }],
    ['whose header is damaged', refused('corrupt_image'), { expected: 'fail', code: 'corrupt_image' }],
    [
      'whose pixels are damaged',
      { ...refused('corrupt_image'), status: 'failed' },
      { expected: 'fail', code: 'corrupt_image' },
    ],
    ['that is still waited for', { status: 'unfinished', reason: 'Still not processed' }, null],
  ])('%s ends so', (_what, change, ending) => {
    expect(endingOf(anOutcome(change))).toEqual(ending)
  })

  it.each<[string, Partial<Outcome>, ReturnType<typeof troubleOf>]>([
    ['that is shown', {}, null],
    ['that is refused with a reason', refused('unsupported_format'), null],
    ['that is damaged', { ...refused('corrupt_image'), status: 'failed' }, null],
    ['that has too many pixels', refused('image_too_large'), null],
    ['that has too many bytes', refused('payload_too_large'), null],
    ['that never ends', { status: 'unfinished', reason: 'Still not processed' }, 'stuck'],
    ['that a worker died of', { ...refused('worker_crashed'), status: 'failed' }, 'crashed'],
    ['that storage was away for', { ...refused('storage_unavailable'), status: 'failed' }, 'crashed'],
    ['that we have lost', { ...refused('original_missing'), status: 'failed' }, 'crashed'],
    ['that we stumbled over', refused('internal_error'), 'crashed'],
    ['that nobody had the time for', refused('service_unavailable'), 'crashed'],
    ['that storage has not taken', refused('SignatureDoesNotMatch'), 'crashed'],
    ['that no function got to see', refused('http_413'), 'crashed'],
    ['that we have no answer to', refused('http_502'), 'crashed'],
    ['that nothing answers to', { status: 'error', reason: 'broke off' }, 'crashed'],
    ['that is complete and has nothing to show', { image: { renditions: {} } as Outcome['image'] }, 'silent'],
    ['that failed for no reason', { status: 'failed', reason: '', code: 'corrupt_image' }, 'silent'],
  ])('%s is trouble or not', (_what, change, trouble) => {
    expect(troubleOf(anOutcome(change))).toBe(trouble)
  })
})

function refused(code: string): Partial<Outcome> {
  return { status: 'refused', code, reason: 'Choose another one.', image: null }
}
