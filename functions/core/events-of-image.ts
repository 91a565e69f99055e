import type { Image } from '@glowworm/events/image'
import type { ImageEvent, ImageEventType } from '@glowworm/events/image-events'
import { missing } from './image-lifecycle.ts'
import { type ImageRecord, presentImage } from './image-record.ts'
import type { Ambient } from './ports.ts'
import type { RenditionPlan } from './rendition-plan.ts'

type EventOf<Type extends ImageEventType> = Extract<ImageEvent, { type: Type }>

/** What makes one publication differ from another of the same state. */
function envelope(record: ImageRecord, progress: number, ambient: Ambient) {
  return {
    id: ambient.newId(),
    image_id: record.id,
    revision: record.revision,
    occurred_at: ambient.now().toISOString(),
    status: record.processing_status,
    progress,
    correlation_id: record.correlation_id,
  }
}

/** How far the work on the image is, 0 to 100: what exists of what is to exist. */
export interface Advance {
  readonly completed: number
  readonly total: number
}

const percentOf = ({ completed, total }: Advance): number => (total === 0 ? 0 : Math.round((100 * completed) / total))

export function imageCreated(record: ImageRecord, ambient: Ambient): EventOf<'image:created'> {
  return { ...envelope(record, 0, ambient), type: 'image:created', data: { image: presentImage(record) } }
}

export function imageUpdated(record: ImageRecord, ambient: Ambient): EventOf<'image:updated'> {
  const progress = record.processing_status === 'complete' ? 100 : 0
  return { ...envelope(record, progress, ambient), type: 'image:updated', data: { image: presentImage(record) } }
}

export function imageDeleted(tombstone: ImageRecord, ambient: Ambient): EventOf<'image:deleted'> {
  return { ...envelope(tombstone, 0, ambient), type: 'image:deleted', data: {} }
}

export function processingStarted(
  record: ImageRecord,
  advance: Advance,
  ambient: Ambient,
): EventOf<'image:processing:started'> {
  return {
    ...envelope(record, percentOf(advance), ambient),
    type: 'image:processing:started',
    data: { image: presentImage(record) },
  }
}

export function processingProgress(
  record: ImageRecord,
  rendition: string,
  advance: Advance,
  ambient: Ambient,
): EventOf<'image:processing:progress'> {
  return {
    ...envelope(record, percentOf(advance), ambient),
    type: 'image:processing:progress',
    data: { rendition, ...advance },
  }
}

export function thumbnailComplete(
  record: ImageRecord,
  advance: Advance,
  ambient: Ambient,
): EventOf<'image:processing:thumbnail_complete'> {
  return {
    ...envelope(record, percentOf(advance), ambient),
    type: 'image:processing:thumbnail_complete',
    data: { image: presentImage(record) },
  }
}

/**
 * The two announcements of the one write that completed the image. Both follow from the record alone, so a worker
 * that finds the work done can say exactly the same again.
 */
export function completionEvents(
  complete: ImageRecord,
  ambient: Ambient,
): readonly [EventOf<'image:processing:variant_complete'>, EventOf<'image:processing:complete'>] {
  const image = presentImage(complete)
  const before: Image = {
    ...image,
    revision: complete.revision - 1,
    processing_status: 'processing',
    processing_completed_at: null,
  }
  return [
    {
      ...envelope(complete, 100, ambient),
      revision: before.revision,
      status: before.processing_status,
      type: 'image:processing:variant_complete',
      data: { image: before },
    },
    { ...envelope(complete, 100, ambient), type: 'image:processing:complete', data: { image } },
  ]
}

/** @throws Error if the record tells of no failure */
export function processingFailed(
  record: ImageRecord,
  advance: Advance,
  ambient: Ambient,
): EventOf<'image:processing:failed'> {
  if (record.processing_error === null) throw new Error('Expected a processing_error to announce, found none')
  return {
    ...envelope(record, percentOf(advance), ambient),
    type: 'image:processing:failed',
    error: record.processing_error,
    data: { image: presentImage(record), next_retry_at: record.next_retry_at },
  }
}

/**
 * The end of a job as the record tells it, by whomever and whenever it was written.
 * @param plan of the job
 * @throws Error if the record tells of no end
 */
export function endEvents(record: ImageRecord, plan: RenditionPlan, ambient: Ambient): readonly ImageEvent[] {
  if (record.processing_status === 'complete') return completionEvents(record, ambient)
  const total = plan.specs.length
  return [processingFailed(record, { completed: total - missing(record, plan).length, total }, ambient)]
}
