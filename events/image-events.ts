import * as z from 'zod'
import { image } from './image.ts'
import { imageId, processingStatus, timestamp, ulid } from './vocabulary.ts'

/**
 * What every event carries. `revision` is that of the image after the change: a consumer keeps the highest one
 * it has seen per image and drops the rest. Progress refines the state of its revision and changes none.
 */
const envelope = z.object({
  id: ulid.describe('Sorts by time of publication'),
  image_id: imageId,
  revision: z.int().positive(),
  occurred_at: timestamp,
  status: processingStatus,
  progress: z.number().min(0).max(100),
  correlation_id: z
    .string()
    .describe('Of the upload; the same in every event of the image, and in every log line on the way to the screen'),
})

const snapshot = z.object({ image })

const eventError = z.object({ code: z.string(), message: z.string(), stage: z.string().nullable() })

export const imageCreated = envelope.extend({ type: z.literal('image:created'), data: snapshot })
export const processingStarted = envelope.extend({ type: z.literal('image:processing:started'), data: snapshot })
export const processingProgress = envelope.extend({
  type: z.literal('image:processing:progress'),
  data: z.object({
    rendition: z.string().describe('Name of the rendition just written'),
    completed: z.int().positive(),
    total: z.int().positive(),
  }),
})
export const thumbnailComplete = envelope.extend({
  type: z.literal('image:processing:thumbnail_complete'),
  data: snapshot,
})
export const variantComplete = envelope.extend({
  type: z.literal('image:processing:variant_complete'),
  data: snapshot,
})
export const processingComplete = envelope.extend({
  type: z.literal('image:processing:complete'),
  data: snapshot,
})
export const processingFailed = envelope.extend({
  type: z.literal('image:processing:failed'),
  error: eventError,
  data: snapshot.extend({ next_retry_at: timestamp.nullable().describe('Null when no retry will follow') }),
})
export const imageUpdated = envelope.extend({ type: z.literal('image:updated'), data: snapshot })
export const imageDeleted = envelope.extend({ type: z.literal('image:deleted'), data: z.object({}) })

/** Everything that happens to images, told apart by `type`. */
export const imageEvent = z.discriminatedUnion('type', [
  imageCreated,
  processingStarted,
  processingProgress,
  thumbnailComplete,
  variantComplete,
  processingComplete,
  processingFailed,
  imageUpdated,
  imageDeleted,
])
export type ImageEvent = z.infer<typeof imageEvent>
export type ImageEventType = ImageEvent['type']
