import * as z from 'zod'
import { focalPoint, image } from './image.ts'
import { displaySettings } from './settings.ts'
import { displaySize, imageId, limits, processingStatus, timestamp, ulid } from './vocabulary.ts'

/** Codes of refused requests, besides those of refused images. */
export const httpErrorCode = z.enum([
  'invalid_request',
  'unauthorized',
  'forbidden',
  'not_found',
  'conflict',
  'payload_too_large',
  'checksum_mismatch',
  'unsupported_format',
  'image_too_large',
  'corrupt_image',
  'upload_not_found',
  'upload_not_received',
  'upload_expired',
  'deletion_in_progress',
  'invalid_credentials',
  'too_many_requests',
  'service_unavailable',
  'internal_error',
])
export type HttpErrorCode = z.infer<typeof httpErrorCode>

export const errorResponse = z
  .object({
    error: z.object({ code: httpErrorCode, message: z.string(), details: z.unknown().optional() }),
    request_id: z.string(),
  })
  .meta({ id: 'Error' })
export type ErrorResponse = z.infer<typeof errorResponse>

/** What the gateway in front of all functions answers by itself, when it lets a request through to none of them. */
export const gatewayRefusal = z.object({ message: z.string() }).meta({ id: 'GatewayRefusal' })

/** The seed's answer to an upload: `status_code` repeats the HTTP status. */
export const uploadedResponse = z
  .object({
    message: z.string(),
    data: image,
    status_code: z.literal(200),
    background_processing: z.boolean(),
    is_duplicate: z.literal(true).optional(),
  })
  .meta({ id: 'Uploaded' })
export type UploadedResponse = z.infer<typeof uploadedResponse>

/** Kept as the sender wrote it and never trusted: it takes no part in any path, key or type decision. */
export const filename = z.string().min(1).max(limits.filenameCharacters)

export const beginUploadRequest = z
  .strictObject({
    filename,
    size: z.int().nonnegative().describe('Bytes'),
    content_type: z.string().max(255).describe('A hint only: the bytes decide'),
    sha256: imageId.describe('Of the bytes; it becomes the id of the image'),
  })
  .meta({ id: 'BeginUpload' })
export type BeginUploadRequest = z.infer<typeof beginUploadRequest>

export const beganUploadResponse = z
  .object({
    upload: z.object({
      id: ulid,
      method: z.literal('PUT'),
      url: z.url(),
      headers: z.record(z.string(), z.string()).describe('To be sent exactly so; they are signed'),
      expires_at: timestamp,
    }),
  })
  .meta({ id: 'BeganUpload' })
export type BeganUploadResponse = z.infer<typeof beganUploadResponse>

export const checkDuplicatesRequest = z
  .strictObject({ hashes: z.array(imageId).min(1).max(limits.hashesPerCheck) })
  .meta({ id: 'CheckDuplicates' })

export const checkDuplicatesResponse = z
  .object({
    results: z.record(imageId, z.object({ exists: z.boolean(), image: image.nullable() })),
  })
  .meta({ id: 'CheckedDuplicates' })

export const imageSort = z.enum(['-uploaded_at', 'uploaded_at', 'original_filename', '-original_filename'])
export type ImageSort = z.infer<typeof imageSort>

export const listImagesQuery = z.strictObject({
  status: processingStatus.optional(),
  q: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .describe('Words, in any order; each is part of the file name, title or camera'),
  sort: imageSort.default('-uploaded_at'),
  limit: z.coerce.number().int().min(1).max(limits.pageSize).default(50),
  cursor: z.string().max(2048).optional(),
})
export type ListImagesQuery = z.infer<typeof listImagesQuery>

export const imagePage = z
  .object({
    items: z.array(image),
    next_cursor: z.string().nullable().describe('Null on the last page; a page may be short and still have a next'),
  })
  .meta({ id: 'ImagePage' })
export type ImagePage = z.infer<typeof imagePage>

export const imageResponse = z.object({ data: image }).meta({ id: 'ImageResponse' })

export const changeImageRequest = z
  .strictObject({
    title: z.string().trim().min(1).max(limits.titleCharacters).nullable().describe('Null takes it away').optional(),
    focal_point: focalPoint
      .nullable()
      .describe(
        'What crops keep; null is the centre. A change has the variants made anew; where processing has failed, by a retry',
      )
      .optional(),
  })
  .refine((change) => change.title !== undefined || change.focal_point !== undefined, 'Expected title or focal_point')
  .meta({ id: 'ChangeImage' })
export type ChangeImageRequest = z.infer<typeof changeImageRequest>

const bulkIds = z.array(imageId).min(1).max(limits.imagesPerBulkCall)

export const bulkDeleteRequest = z.strictObject({ ids: bulkIds }).meta({ id: 'BulkDelete' })

export const retryFailedRequest = z
  .strictObject({ ids: bulkIds.describe('Without it, those that failed first and may succeed now').optional() })
  .meta({ id: 'RetryFailed' })
export type RetryFailedRequest = z.infer<typeof retryFailedRequest>

const bulkResult = z.object({
  id: imageId,
  status: z.enum(['done', 'failed']),
  error: z.object({ code: httpErrorCode, message: z.string() }).optional(),
})
export type BulkResult = z.infer<typeof bulkResult>

export const bulkResponse = z.object({ results: z.array(bulkResult) }).meta({ id: 'BulkResults' })
export type BulkResponse = z.infer<typeof bulkResponse>

export const retriedFailedResponse = z
  .object({
    results: z.array(bulkResult),
    remaining: z
      .int()
      .nonnegative()
      .describe(
        'Images that have failed, may succeed as far as was seen, and were not part of this call; counted up to 10000',
      ),
  })
  .meta({ id: 'RetriedFailed' })
export type RetriedFailedResponse = z.infer<typeof retriedFailedResponse>

export const displaySizesResponse = displaySettings.meta({ id: 'DisplaySizes' })
export type DisplaySizesResponse = z.infer<typeof displaySizesResponse>

export const changeDisplaySizesRequest = displaySettings
  .extend({ revision: displaySettings.shape.revision.describe('That of the settings which these replace') })
  .meta({ id: 'ChangeDisplaySizes' })
export type ChangeDisplaySizesRequest = z.infer<typeof changeDisplaySizesRequest>

export const changedDisplaySizesResponse = displaySettings
  .extend({ images_affected: z.int().nonnegative().describe('Images that will be rendered anew; counted up to 10000') })
  .meta({ id: 'ChangedDisplaySizes' })
export type ChangedDisplaySizesResponse = z.infer<typeof changedDisplaySizesResponse>

export const displaySizesCoverageResponse = z
  .object({
    images: z.int().nonnegative().describe('That are to have every size: all but those that failed'),
    failed: z.int().nonnegative().describe('They get new sizes when they are retried'),
    sizes: z
      .record(
        displaySize,
        z.object({ complete: z.int().nonnegative().describe('Images that have it in every format') }),
      )
      .describe('By display size, as the settings are now'),
    counted_at_most: z
      .int()
      .positive()
      .describe('If images and failed make so many, these are the newest, and there may be more'),
    estimate: z.object({
      ms_per_image: z
        .number()
        .positive()
        .nullable()
        .describe('From one image done to the next, at the pace of the latest work; null if nothing tells yet'),
    }),
  })
  .meta({ id: 'DisplaySizesCoverage' })
export type DisplaySizesCoverageResponse = z.infer<typeof displaySizesCoverageResponse>

const queueDepth = z.object({
  waiting: z.int().nonnegative(),
  in_flight: z.int().nonnegative(),
  dead: z.int().nonnegative().describe('Jobs that could not be done, kept for a redrive'),
})

const recentStep = z.object({
  from: timestamp,
  processed: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  p50_ms: z.number().nullable().describe('Null if nothing was completed in this step'),
  p95_ms: z.number().nullable(),
})
export type RecentStep = z.infer<typeof recentStep>

export const processingStatsResponse = z
  .object({
    queues: z
      .object({ high: queueDepth, normal: queueDepth, low: queueDepth })
      .describe('As SQS counts: about so many'),
    dead_letters: z
      .object({
        direct: z.int().nonnegative().describe('Jobs that bypassed the queues'),
        backfills: z.int().nonnegative().describe('Changes of display sizes that did not get to every image'),
        updates: z.int().nonnegative().describe('Updates that reached nobody'),
      })
      .describe(
        'What could not be done besides jobs of queues; a redrive takes up backfills, and the sweep the others',
      ),
    images: z.object({
      pending: z.int().nonnegative(),
      processing: z.int().nonnegative(),
      complete: z.int().nonnegative(),
      failed: z.int().nonnegative(),
      counted_at_most: z.int().positive().describe('A count that is as high as this may be higher in truth'),
    }),
    oldest_pending_at: timestamp
      .nullable()
      .describe('Since when that image waits which was uploaded first among those that wait; null if none waits'),
    recent: z.object({
      since: timestamp.describe(
        'The last hour, whole steps of it: 58 to 60 minutes ago; later if so much happened that not all of it was read',
      ),
      processed: z.int().nonnegative(),
      failed: z.int().nonnegative(),
      processed_per_minute: z.number().nonnegative(),
      p50_ms: z.number().nullable().describe('From the moment when a worker took an image until it was complete'),
      p95_ms: z.number().nullable(),
      step_ms: z.int().positive().describe('How much time one step of the series stands for'),
      series: z.array(recentStep).describe('Oldest first, without gaps; the last step is still under way'),
    }),
  })
  .meta({ id: 'ProcessingStats' })
export type ProcessingStatsResponse = z.infer<typeof processingStatsResponse>

export const redriveResponse = z
  .object({
    redriven: z.int().nonnegative().describe('Queued again, changes of display sizes included'),
    dropped: z.int().nonnegative().describe('Nothing was left to do: the image is complete or deleted'),
    kept: z.int().nonnegative().describe('Unreadable, or not possible at the moment'),
  })
  .meta({ id: 'Redriven' })
export type RedriveResponse = z.infer<typeof redriveResponse>

export const loginRequest = z
  .strictObject({
    email: z.email(),
    password: z.string().min(1).max(256),
    mode: z.enum(['cookie', 'bearer']).default('cookie').describe('Tools ask for "bearer" and get the token itself'),
  })
  .meta({ id: 'Login' })

export const user = z.object({ email: z.string(), groups: z.array(z.string()) }).meta({ id: 'User' })

export const loginResponse = z
  .object({ user, expires_at: timestamp, access_token: z.string().optional() })
  .meta({ id: 'LoggedIn' })

export const meResponse = z.object({ user, expires_at: timestamp }).meta({ id: 'Me' })

export const ticketResponse = z
  .object({ url: z.string(), ticket: z.string(), expires_at: timestamp })
  .meta({ id: 'Ticket' })

export const healthResponse = z.object({ status: z.literal('ok'), version: z.string() }).meta({ id: 'Health' })
