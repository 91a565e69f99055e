import { limits } from '@glowworm/events/vocabulary'
import { describe, expect, it } from 'vitest'
import { Refused, Unreachable } from '#lib/api/errors.ts'
import { isFinal, tooLarge } from './refusals.ts'

describe('a refusal', () => {
  it.each([
    [413, 'payload_too_large'],
    [415, 'unsupported_format'],
    [422, 'corrupt_image'],
    [403, 'forbidden'],
    [400, 'invalid_request'],
  ])('with HTTP %i %s is about the file, and stands', (status, code) => {
    expect(isFinal(new Refused(status, code, 'No.'))).toBe(true)
  })

  it.each([
    [429, 'too_many_requests'],
    [503, 'service_unavailable'],
    [403, 'storage_403'],
    [410, 'upload_expired'],
    [409, 'deletion_in_progress'],
  ])('with HTTP %i %s is about the attempt, and another may go better', (status, code) => {
    expect(isFinal(new Refused(status, code, 'Not now.'))).toBe(false)
  })

  it('is not what happens when nobody answers', () => {
    expect(isFinal(new Unreachable('away'))).toBe(false)
  })

  it('for its size tells the size that people know', () => {
    expect(tooLarge(limits.originalBytes, limits.originalBytes)).toBeNull()
    expect(tooLarge(limits.originalBytes + 1, limits.originalBytes)).toBe(
      'It is too large: a photo can have 100 MB at most, and this one has 105 MB.',
    )
  })
})
