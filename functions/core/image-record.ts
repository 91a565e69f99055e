import type { Image, Rendition } from '@glowworm/events/image'

/** Where the photo was taken; private, kept only here, never part of an answer, event, log line or rendition. */
export interface GpsPosition {
  readonly latitude: number
  readonly longitude: number
  readonly altitude: number | null
}

/** The worker that may write to the record until the lease expires. */
export interface Lease {
  /** Unique to one attempt, so that not even a repeated invocation takes another's lease for its own. */
  readonly owner: string
  /** Epoch milliseconds. */
  readonly expires_at: number
}

/**
 * An image as it is stored: attribute names are those of the API. What `Image` does not know is private.
 * A record with `deleted_at` is a tombstone: its objects are being deleted, and it is in no listing.
 */
export interface ImageRecord extends Omit<Image, 'renditions' | 'exif'> {
  readonly exif: (NonNullable<Image['exif']> & { readonly gps?: GpsPosition }) | null
  readonly renditions: Readonly<Record<string, Rendition>>
  readonly original_key: string
  readonly correlation_id: string
  /** The one job that may process the image; any other that turns up is an older one. */
  readonly job_id: string
  /** Of the display settings that this job was made from; sent again, it may carry newer ones. */
  readonly settings_revision: number
  readonly lease: Lease | null
  /** How often its job was sent again since the image last moved. Records of versions that did not count have none. */
  readonly resends?: number
  /** The job whose end was told for a dead letter, which need not be told for it again. */
  readonly told_job_id?: string
  readonly deleted_at: string | null
}

/** The record as clients may see it: an explicit list, so that a new private attribute stays private. */
export function presentImage(record: ImageRecord): Image {
  return {
    id: record.id,
    original_filename: record.original_filename,
    title: record.title,
    mime_type: record.mime_type,
    file_size: record.file_size,
    width: record.width,
    height: record.height,
    orientation: record.orientation,
    exif: presentExif(record.exif),
    dominant_color: record.dominant_color,
    placeholder: record.placeholder,
    focal_point: record.focal_point,
    uploaded_at: record.uploaded_at,
    updated_at: record.updated_at,
    revision: record.revision,
    processing_status: record.processing_status,
    thumbnail_status: record.thumbnail_status,
    variant_status: record.variant_status,
    processing_error: record.processing_error,
    processing_attempts: record.processing_attempts,
    consecutive_failures: record.consecutive_failures,
    last_processing_attempt: record.last_processing_attempt,
    // Records of versions that did not note it have no such attribute.
    thumbnails_completed_at: record.thumbnails_completed_at ?? null,
    processing_completed_at: record.processing_completed_at,
    next_retry_at: record.next_retry_at,
    renditions: Object.fromEntries(
      Object.entries(record.renditions).map(([name, rendition]) => [name, { ...rendition, url: `/${rendition.key}` }]),
    ),
  }
}

function presentExif(exif: ImageRecord['exif']): Image['exif'] {
  if (exif === null) return null
  const { gps: _private, ...visible } = exif
  return visible
}
