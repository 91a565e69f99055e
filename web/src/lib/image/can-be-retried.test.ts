import { type ImageErrorCode, imageErrorCode } from '@glowworm/events/vocabulary'
import { expect, it } from 'vitest'
import { imageWith } from '#lib/testing/image.ts'
import { canBeRetried } from './can-be-retried.ts'

const failedBy = (code: ImageErrorCode) =>
  imageWith({ processing_status: 'failed', processing_error: { code, message: 'No.', stage: null } })

it('offers a retry where it can help: the fault was in the work, not in the file', () => {
  const helped = imageErrorCode.options.filter((code) => canBeRetried(failedBy(code)))
  expect(helped).toEqual(['original_missing', 'storage_unavailable', 'worker_crashed', 'internal_error'])
})

it('offers none for a photo that has not failed for good', () => {
  const again = imageWith({ processing_error: { code: 'internal_error', message: 'No.', stage: null } })
  expect(canBeRetried(again)).toBe(false)
})
