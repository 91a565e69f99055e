import type { Rendition } from '@glowworm/events/image'
import type { ProcessingStage } from '@glowworm/events/vocabulary'
import { imageRetryBaseMs, retryDelayMs } from '../core/backoff.ts'
import { toImageError } from '../core/errors.ts'
import {
  type Advance,
  completionEvents,
  processingFailed,
  processingProgress,
  processingStarted,
  thumbnailComplete,
} from '../core/events-of-image.ts'
import {
  fail,
  finish,
  finishThumbnails,
  LeaseLost,
  missing,
  replace,
  unfinishedStage,
} from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import type {
  Ambient,
  Images,
  Log,
  Originals,
  PictureFacts,
  RenderedFile,
  Renderer,
  Renditions,
} from '../core/ports.ts'
import type { RenditionPlan } from '../core/rendition-plan.ts'
import { changeRecord } from './change-record.ts'
import type { Outbox } from './outbox.ts'

export interface RenderAttemptPorts {
  readonly images: Images
  readonly originals: Originals
  readonly renditions: Renditions
  readonly renderer: Renderer
  readonly ambient: Ambient
  /** In [0, 1). */
  readonly random: () => number
  readonly log: Log
  readonly measure: (
    metric:
      | 'ImageProcessed'
      | 'ImageFailed'
      | 'ImageRetried'
      | 'BreakerOpened'
      | 'ProcessingDuration'
      | 'ThumbnailsDuration',
    value?: number,
  ) => void
}

export interface Attempt {
  /** As it was saved when the worker took it. */
  readonly started: ImageRecord
  readonly owner: string
  readonly plan: RenditionPlan
  /** An earlier attempt may have broken off between writing that the thumbnails are there and saying so. */
  readonly repeated: boolean
  /** There may be files of an earlier plan, which go once those of this one are there. */
  readonly replaces: boolean
}

/**
 * Makes what is missing, stores each file as soon as it exists, and writes what came of it: once for the thumbnails,
 * and once for the end, good or bad. Every step can be repeated; files that are there are not made again.
 * @returns the record as it ends: complete, failed, or pending for a retry
 * @throws LeaseLost if the image is no longer this worker's; whatever keeps the end from being written
 */
export async function renderAttempt(ports: RenderAttemptPorts, attempt: Attempt, outbox: Outbox): Promise<ImageRecord> {
  const { ambient, images, log } = ports
  const { owner, plan } = attempt
  const specs = missing(attempt.started, plan)
  const thumbnailsToCome = new Set(specs.filter(({ stage }) => stage === 'thumbnails').map(({ name }) => name))
  const renditions: Record<string, Rendition> = {}
  let facts: PictureFacts | null = null
  let record = attempt.started
  let completed = plan.specs.length - specs.length
  const advance = (): Advance => ({ completed, total: plan.specs.length })

  const write = async (change: (held: ImageRecord) => ImageRecord): Promise<ImageRecord> => {
    const written = await changeRecord(images, record, change)
    if (written === null) throw new LeaseLost('The image has been deleted')
    record = written
    return written
  }

  const announceThumbnails = async () => {
    await write((held) => finishThumbnails(held, owner, { renditions, facts }, plan, ambient.now()))
    ports.measure('ThumbnailsDuration', Date.parse(record.updated_at) - Date.parse(attempt.started.updated_at))
    outbox.add(thumbnailComplete(record, advance(), ambient))
  }

  const store = async ({ spec, width, height, bytes }: RenderedFile) => {
    const etag = await ports.renditions.put(spec.key, bytes, spec.format)
    renditions[spec.name] = { width, height, format: spec.format, bytes: bytes.length, key: spec.key, etag }
    completed += 1
    outbox.add(processingProgress(record, spec.name, advance(), ambient))
    if (thumbnailsToCome.delete(spec.name) && thumbnailsToCome.size === 0) await announceThumbnails()
  }

  const render = async (original: Uint8Array) => {
    const stored: Promise<void>[] = []
    const rendered = ports.renderer.render(
      original,
      { focalPoint: plan.focalPoint, specs },
      {
        picture: (seen) => {
          facts = seen
        },
        file: (file) => {
          const storing = store(file)
          // Handled below, however late that is.
          storing.catch(() => {})
          stored.push(storing)
          return storing
        },
      },
    )
    // Nothing may still write when the end is written; and what a store threw is the cause of what the renderer throws.
    const [ended] = await Promise.allSettled([rendered])
    const failed = (await Promise.allSettled(stored)).find((each) => each.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    if (ended.status === 'rejected') throw ended.reason
  }

  const deleteReplaced = async () => {
    const { renditions: named } = await write((held) =>
      replace(held, owner, { renditions, facts }, plan, ambient.now()),
    )
    const keys = Object.values(named).map(({ key }) => key)
    await ports.renditions.deleteAllBut(record.id, keys)
  }

  let stage = (): ProcessingStage | null => null
  try {
    outbox.add(processingStarted(record, advance(), ambient))
    if (thumbnailsToCome.size === 0) {
      if (record.thumbnail_status !== 'complete') await announceThumbnails()
      else if (attempt.repeated) outbox.add(thumbnailComplete(record, advance(), ambient))
    }
    if (specs.length > 0) {
      const original = await ports.originals.read(record.original_key)
      stage = () => unfinishedStage(record)
      await render(original)
    }
    if (attempt.replaces) await deleteReplaced()
    await write((held) => finish(held, owner, { renditions, facts }, plan, ambient.now()))
    for (const event of completionEvents(record, ambient)) outbox.add(event)
  } catch (thrown) {
    if (thrown instanceof LeaseLost) throw thrown
    const error = toImageError(thrown)
    const level = error.disposition === 'reject' ? 'warn' : 'error'
    log[level]('The image could not be processed', { image_id: record.id, code: error.code, error })
    await write((held) => {
      const now = ambient.now()
      const delayMs = retryDelayMs(held.consecutive_failures + 1, ports.random(), imageRetryBaseMs)
      const failure = { error, stage: stage(), retryAt: new Date(now.getTime() + delayMs) }
      return fail(held, owner, { renditions, facts }, failure, now)
    })
    outbox.add(processingFailed(record, advance(), ambient))
  }
  return record
}
