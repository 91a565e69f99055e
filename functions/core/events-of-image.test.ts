import { type ImageEvent, imageEvent } from '@glowworm/events/image-events'
import { expect, it } from 'vitest'
import {
  completionEvents,
  imageCreated,
  imageDeleted,
  imageUpdated,
  processingFailed,
  processingProgress,
  processingStarted,
  thumbnailComplete,
} from './events-of-image.ts'
import { makeRecord, someTime } from './testing/image-factories.ts'

const ambient = { now: () => someTime, newId: () => '01KAQ9ZXH00000000000000009' }
const advance = { completed: 6, total: 12 }
const failed = makeRecord({
  processing_status: 'failed',
  processing_error: { code: 'corrupt_image', message: 'Damaged.', stage: 'thumbnails' },
})
const complete = makeRecord({
  processing_status: 'complete',
  processing_completed_at: someTime.toISOString(),
  revision: 5,
})

const every: ImageEvent[] = [
  imageCreated(makeRecord(), ambient),
  imageUpdated(complete, ambient),
  imageDeleted(makeRecord(), ambient),
  processingStarted(makeRecord(), advance, ambient),
  processingProgress(makeRecord(), '600.jpg', advance, ambient),
  thumbnailComplete(makeRecord(), advance, ambient),
  ...completionEvents(complete, ambient),
  processingFailed(failed, advance, ambient),
]

it.each(every.map((event) => [event.type, event] as const))('%s is as the contract says', (_type, event) => {
  expect(imageEvent.parse(event)).toEqual(event)
})

it('has an event for every type of the contract', () => {
  expect(new Set(every.map(({ type }) => type))).toEqual(
    new Set(imageEvent.options.map((option) => option.shape.type.value)),
  )
})

it('tells nothing private, above all no position', () => {
  const gps = { latitude: 48.1, longitude: 11.5, altitude: null }
  const exif = {
    captured_at: null,
    camera_make: null,
    camera_model: null,
    lens: null,
    iso: null,
    f_number: null,
    exposure: null,
    focal_length: null,
    has_gps: true,
  }
  const text = JSON.stringify(imageCreated(makeRecord({ exif: { ...exif, gps } }), ambient))
  expect(text).not.toMatch(/latitude|48\.1|original_key|lease|job_id/)
  expect(text).toContain('"has_gps":true')
})

it('takes two revisions for the completion: the variants first, then the image', () => {
  const [variants, image] = completionEvents(complete, ambient)
  expect(variants).toMatchObject({ revision: 4, status: 'processing', data: { image: { revision: 4 } } })
  expect(image).toMatchObject({ revision: 5, status: 'complete', data: { image: { revision: 5 } } })
})

it('has no failure to tell of an image that has none', () => {
  expect(() => processingFailed(makeRecord(), advance, ambient)).toThrow(/processing_error/)
})
