import { createHash } from 'node:crypto'
import type { ImageEvent } from '@glowworm/events/image-events'
import type { ProcessImageJob } from '@glowworm/events/jobs'
import { imageCreated } from '../../core/events-of-image.ts'
import { newImage } from '../../core/image-lifecycle.ts'
import type { ImageRecord } from '../../core/image-record.ts'

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Uploaded at noon; `name` makes its id. */
export function anImage(name = 'photo.jpg', change: Partial<ImageRecord> = {}): ImageRecord {
  const id = sha256(name)
  const original = {
    id,
    original_filename: name,
    mime_type: 'image/jpeg',
    file_size: 1_000,
    width: 400,
    height: 300,
    orientation: 1,
    exif: null,
    original_key: `originals/${id}/01J00000000000000000000000`,
    correlation_id: 'correlation-1',
    job_id: '01J00000000000000000000001',
    settings_revision: 0,
  }
  return { ...newImage(original, new Date('2026-11-01T12:00:00.000Z')), ...change }
}

export function anEvent(id: string, change: Partial<ImageRecord> = {}): ImageEvent {
  const at = new Date('2026-11-01T12:00:00.000Z')
  return imageCreated(anImage('photo.jpg', change), { now: () => at, newId: () => id })
}

export function aJob(change: Partial<ProcessImageJob> = {}): ProcessImageJob {
  return {
    version: 1,
    job_id: '01J00000000000000000000001',
    image_id: sha256('photo.jpg'),
    reason: 'upload',
    display_sizes: ['1080x1920'],
    formats: ['jpeg'],
    correlation_id: 'correlation-1',
    queued_at: '2026-11-01T12:00:00.000Z',
    ...change,
  }
}
