import * as z from 'zod'
import { imageErrorCode, imageId, processingStage, processingStatus, renditionFormat, timestamp } from './vocabulary.ts'

/** Normalised EXIF. Raw coordinates are never part of it; `has_gps` says that the original has them. */
export const exif = z.object({
  captured_at: z.string().nullable().describe('As the camera wrote it; local time when it has no offset'),
  camera_make: z.string().nullable(),
  camera_model: z.string().nullable(),
  lens: z.string().nullable(),
  iso: z.number().nullable(),
  f_number: z.number().nullable(),
  exposure: z.number().nullable().describe('Exposure time in seconds'),
  focal_length: z.number().nullable().describe('In millimetres'),
  has_gps: z.boolean(),
})
export type Exif = z.infer<typeof exif>

/** A point of the upright picture; (0,0) is the top left corner, (1,1) the bottom right one. */
export const focalPoint = z.strictObject({ x: z.number().min(0).max(1), y: z.number().min(0).max(1) })
export type FocalPoint = z.infer<typeof focalPoint>

export const processingError = z.object({
  code: imageErrorCode,
  message: z.string(),
  stage: processingStage.nullable().describe('Null when the image failed before its stages began'),
})
export type ProcessingError = z.infer<typeof processingError>

export const rendition = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  format: renditionFormat,
  bytes: z.int().positive(),
  key: z.string().describe('Object key, content-addressed: media/{image_id}/{name}.{recipe}.{ext}'),
  etag: z.string(),
})
export type Rendition = z.infer<typeof rendition>

/** An image as clients see it: the record without its private attributes, renditions with their URLs. */
export const image = z
  .object({
    id: imageId,
    original_filename: z.string(),
    title: z.string().nullable(),
    mime_type: z.string().describe('Sniffed from the bytes, never the declared type'),
    file_size: z.int().nonnegative().describe('Bytes of the original'),
    width: z.int().positive().describe('Of the upright picture, in pixels'),
    height: z.int().positive().describe('Of the upright picture, in pixels'),
    orientation: z.int().min(1).max(8).describe('EXIF orientation of the original as stored'),
    exif: exif.nullable(),
    dominant_color: z.string().nullable().describe('#rrggbb'),
    placeholder: z.string().nullable().describe('ThumbHash, base64'),
    focal_point: focalPoint.nullable(),
    uploaded_at: timestamp,
    updated_at: timestamp,
    revision: z.int().positive().describe('Grows with every change of this image'),
    processing_status: processingStatus,
    thumbnail_status: processingStatus,
    variant_status: processingStatus,
    processing_error: processingError.nullable(),
    processing_attempts: z.int().nonnegative(),
    consecutive_failures: z.int().nonnegative(),
    last_processing_attempt: timestamp.nullable(),
    thumbnails_completed_at: timestamp
      .nullable()
      .default(null)
      .describe('Absent from events and records of versions that did not note it'),
    processing_completed_at: timestamp.nullable(),
    next_retry_at: timestamp.nullable(),
    renditions: z
      .record(z.string(), rendition.extend({ url: z.string().describe('Immutable, relative to the site') }))
      .describe('By name and extension, for example "600.webp" or "1080x1920.jpg"'),
  })
  .meta({ id: 'Image' })
export type Image = z.infer<typeof image>
