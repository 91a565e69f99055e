import type { Rendition } from '@glowworm/events/image'
import type { ProcessingStage, ProcessingStatus } from '@glowworm/events/vocabulary'
import type { ImageError } from './errors.ts'
import type { ImageRecord } from './image-record.ts'
import type { PictureFacts } from './ports.ts'
import type { RenditionPlan, RenditionSpec } from './rendition-plan.ts'

/**
 * How an image moves from status to status. Every move is a pure function from record to record that raises the
 * revision; `Images.save` refuses it unless the stored revision is the one that it was made from. So each move
 * happens once, whoever tries it and however often.
 */
export const moves = {
  start: { from: ['pending', 'processing'], to: 'processing' },
  finishThumbnails: { from: ['processing'], to: 'processing' },
  finish: { from: ['processing'], to: 'complete' },
  retryLater: { from: ['processing'], to: 'pending' },
  fail: { from: ['processing'], to: 'failed' },
  requeue: { from: ['pending', 'processing', 'complete', 'failed'], to: 'pending' },
} as const satisfies Record<string, { from: readonly ProcessingStatus[]; to: ProcessingStatus }>
export type Move = keyof typeof moves

/** The breaker opens after so many failures in a row; only a manual retry closes it. */
export const failuresThatOpenTheBreaker = 3

export class IllegalMove extends Error {
  override readonly name = 'IllegalMove'
}

function move(record: ImageRecord, by: Move, now: Date, change: Partial<ImageRecord>): ImageRecord {
  const { from, to } = moves[by]
  if (record.deleted_at !== null) throw new IllegalMove(`${by} is not possible: the image is being deleted`)
  if (!(from as readonly ProcessingStatus[]).includes(record.processing_status)) {
    throw new IllegalMove(`${by} is not possible from ${record.processing_status}, only from ${from.join(' or ')}`)
  }
  return {
    ...record,
    processing_status: to,
    updated_at: now.toISOString(),
    revision: record.revision + 1,
    ...change,
  }
}

/** What to do with a job, given the record as it stands. */
export type Assignment =
  | { readonly kind: 'work'; readonly specs: readonly RenditionSpec[] }
  /** The work of the job is done already: say so again, do nothing else. */
  | { readonly kind: 'settled' }
  /** Another worker has it. */
  | { readonly kind: 'leased'; readonly until: Date }
  | { readonly kind: 'deleted' }

export function assign(record: ImageRecord | null, plan: RenditionPlan, now: Date): Assignment {
  if (record === null || record.deleted_at !== null) return { kind: 'deleted' }
  if (record.lease !== null && record.lease.expires_at > now.getTime()) {
    return { kind: 'leased', until: new Date(record.lease.expires_at) }
  }
  // Failed is final until somebody asks for a retry, which makes it pending.
  if (record.processing_status === 'failed' || record.processing_status === 'complete') return { kind: 'settled' }
  return { kind: 'work', specs: missing(record, plan) }
}

/** Specs whose exact file, recipe included, is not on the record. */
export function missing(record: ImageRecord, plan: RenditionPlan): readonly RenditionSpec[] {
  return plan.specs.filter((spec) => record.renditions[spec.name]?.key !== spec.key)
}

/** A worker takes the image. A lease that it finds expired is a crash, and counts as a failure. */
export function start(record: ImageRecord, worker: { owner: string; leaseMs: number }, now: Date): ImageRecord {
  const crashed = record.lease !== null
  return move(record, 'start', now, {
    lease: { owner: worker.owner, expires_at: now.getTime() + worker.leaseMs },
    thumbnail_status: record.thumbnail_status === 'complete' ? 'complete' : 'processing',
    variant_status: record.variant_status === 'complete' ? 'complete' : 'processing',
    processing_attempts: record.processing_attempts + 1,
    consecutive_failures: record.consecutive_failures + (crashed ? 1 : 0),
    last_processing_attempt: now.toISOString(),
    next_retry_at: null,
  })
}

export function finishThumbnails(
  record: ImageRecord,
  renditions: Readonly<Record<string, Rendition>>,
  facts: PictureFacts | null,
  now: Date,
): ImageRecord {
  return move(record, 'finishThumbnails', now, {
    thumbnail_status: 'complete',
    renditions: { ...record.renditions, ...renditions },
    ...(facts && {
      width: facts.width,
      height: facts.height,
      orientation: facts.orientation,
      dominant_color: facts.dominantColor,
      placeholder: facts.placeholder,
    }),
  })
}

/**
 * The one write that makes an image complete. It stands for two changes, and for two revisions: first all variants
 * are there (the record that is answered first), then the image is complete.
 */
export function finish(
  record: ImageRecord,
  renditions: Readonly<Record<string, Rendition>>,
  plan: RenditionPlan,
  now: Date,
): readonly [variantsComplete: ImageRecord, complete: ImageRecord] {
  const withVariants: ImageRecord = {
    ...record,
    renditions: onlyPlanned({ ...record.renditions, ...renditions }, plan),
    variant_status: 'complete',
    updated_at: now.toISOString(),
    revision: record.revision + 1,
  }
  const lacking = missing(withVariants, plan)
  if (plan.specs.length === 0 || lacking.length > 0) {
    throw new IllegalMove(
      `finish is not possible without ${lacking.map((spec) => spec.name).join(', ') || 'renditions'}`,
    )
  }
  const complete = move(withVariants, 'finish', now, {
    thumbnail_status: 'complete',
    lease: null,
    processing_error: null,
    consecutive_failures: 0,
    processing_completed_at: now.toISOString(),
  })
  return [withVariants, complete]
}

/** Files that the plan no longer names are not offered any more. */
function onlyPlanned(renditions: Readonly<Record<string, Rendition>>, plan: RenditionPlan) {
  const planned = new Set(plan.specs.map((spec) => spec.name))
  return Object.fromEntries(Object.entries(renditions).filter(([name]) => planned.has(name)))
}

/**
 * An attempt failed. Stages that are complete stay complete. A permanent error, or the third failure in a row, is
 * final; anything else is tried again at `retryAt`.
 */
export function fail(
  record: ImageRecord,
  error: ImageError,
  stage: ProcessingStage,
  retryAt: Date,
  now: Date,
): ImageRecord {
  const failures = record.consecutive_failures + 1
  const final = error.disposition === 'reject' || failures >= failuresThatOpenTheBreaker
  const unfinished: ProcessingStatus = final ? 'failed' : 'pending'
  return move(record, final ? 'fail' : 'retryLater', now, {
    thumbnail_status: record.thumbnail_status === 'complete' ? 'complete' : unfinished,
    variant_status: record.variant_status === 'complete' ? 'complete' : unfinished,
    lease: null,
    processing_error: { code: error.code, message: error.message, stage },
    consecutive_failures: failures,
    next_retry_at: final ? null : retryAt.toISOString(),
  })
}

/** Asked for by a person (or after a change of what to render): closes the breaker and begins anew. */
export function requeue(record: ImageRecord, now: Date): ImageRecord {
  return move(record, 'requeue', now, {
    thumbnail_status: record.thumbnail_status === 'complete' ? 'complete' : 'pending',
    variant_status: 'pending',
    lease: null,
    processing_error: null,
    consecutive_failures: 0,
    next_retry_at: null,
  })
}

/** From here on the image is in no listing; its objects are deleted next, and then the record. */
export function markDeleted(record: ImageRecord, now: Date): ImageRecord {
  if (record.deleted_at !== null) return record
  return {
    ...record,
    deleted_at: now.toISOString(),
    updated_at: now.toISOString(),
    revision: record.revision + 1,
    lease: null,
  }
}
