import type { Image } from '@glowworm/events/image'

/** An image that waits for its turn, but for what `changes` says. */
export function imageWith(changes: Partial<Image> = {}): Image {
  return {
    id: 'a'.repeat(64),
    original_filename: 'photo.jpg',
    title: null,
    mime_type: 'image/jpeg',
    file_size: 1_000,
    width: 640,
    height: 480,
    orientation: 1,
    exif: null,
    dominant_color: null,
    placeholder: null,
    focal_point: null,
    uploaded_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
    revision: 1,
    processing_status: 'pending',
    thumbnail_status: 'pending',
    variant_status: 'pending',
    processing_error: null,
    processing_attempts: 0,
    consecutive_failures: 0,
    last_processing_attempt: null,
    thumbnails_completed_at: null,
    processing_completed_at: null,
    next_retry_at: null,
    renditions: {},
    ...changes,
  }
}
