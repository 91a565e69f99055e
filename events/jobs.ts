import * as z from 'zod'
import { displaySize, imageId, limits, renditionFormat, timestamp, ulid } from './vocabulary.ts'

/** New work never waits behind repeated work, and that never behind backfills. */
export const jobPriority = z.enum(['high', 'normal', 'low'])
export type JobPriority = z.infer<typeof jobPriority>

/**
 * One image to process, as it stands in a queue. It carries what to render, so that the worker reads no settings
 * and two workers never disagree about what is complete.
 */
export const processImageJob = z.strictObject({
  version: z.literal(1),
  job_id: ulid,
  image_id: imageId,
  reason: z.enum(['upload', 'retry', 'focal_point', 'display_sizes']),
  display_sizes: z.array(displaySize).max(limits.displaySizes),
  formats: z.array(renditionFormat).min(1),
  correlation_id: z.string().min(1),
  queued_at: timestamp,
})
export type ProcessImageJob = z.infer<typeof processImageJob>

/** Has every image rendered as the settings say at the time, from where `cursor` points. May be delivered any number of times. */
export const applyDisplaySizesJob = z.strictObject({
  version: z.literal(1),
  awaits: z
    .strictObject({ revision: z.int().positive(), since: timestamp })
    .nullable()
    .default(null)
    .describe('Settings that were about to be stored; newer ones will do'),
  cursor: z.string().nullable().describe('Of the images by time of upload; null begins with the oldest'),
  unsettled: z.array(imageId).describe('Images before the cursor that a worker held'),
  correlation_id: z.string().min(1),
})
export type ApplyDisplaySizesJob = z.infer<typeof applyDisplaySizesJob>
