import type { ProcessImageJob } from '@glowworm/events/jobs'
import { defaultDisplaySizes, defaultRenditionFormats } from '@glowworm/events/vocabulary'
import type { Outcome } from '../image-lifecycle.ts'
import { newImage } from '../image-lifecycle.ts'
import type { ImageRecord } from '../image-record.ts'
import type { RenditionSpec } from '../rendition-plan.ts'

export const someId = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
export const someTime = new Date('2026-11-23T08:00:00.000Z')

/** A new image that waits for `makeJob()`. */
export function makeRecord(change: Partial<ImageRecord> = {}): ImageRecord {
  const original = {
    id: someId,
    original_filename: 'photo.jpg',
    mime_type: 'image/jpeg',
    file_size: 1234,
    width: 40,
    height: 30,
    orientation: 1,
    exif: null,
    original_key: `originals/${someId}/01KAQ9ZXH00000000000000000`,
    correlation_id: 'c-1',
    job_id: makeJob().job_id,
    settings_revision: 0,
  }
  return { ...newImage(original, someTime), ...change }
}

export function makeJob(change: Partial<ProcessImageJob> = {}): ProcessImageJob {
  return {
    version: 1,
    job_id: '01KAQ9ZXH00000000000000001',
    image_id: someId,
    reason: 'upload',
    display_sizes: [...defaultDisplaySizes],
    formats: [...defaultRenditionFormats],
    correlation_id: 'c-1',
    queued_at: someTime.toISOString(),
    ...change,
  }
}

/** What an attempt has that made exactly these files. */
export function makeOutcome(specs: readonly RenditionSpec[]): Outcome {
  return {
    renditions: Object.fromEntries(
      specs.map(({ name, key, format, width, height }) => [
        name,
        { key, format, width, height, bytes: 100, etag: '"etag"' },
      ]),
    ),
    facts: specs.some(({ stage }) => stage === 'thumbnails')
      ? { width: 40, height: 30, orientation: 1, dominantColor: '#112233', placeholder: 'AAAA' }
      : null,
  }
}
