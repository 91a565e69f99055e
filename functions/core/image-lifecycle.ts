import type { FocalPoint, Rendition } from '@glowworm/events/image'
import type { ProcessImageJob } from '@glowworm/events/jobs'
import { failuresThatOpenTheBreaker, type ProcessingStage, type ProcessingStatus } from '@glowworm/events/vocabulary'
import { ImageError } from './errors.ts'
import type { ImageRecord } from './image-record.ts'
import type { PictureFacts } from './ports.ts'
import { planRenditions, type RenditionPlan, type RenditionSpec } from './rendition-plan.ts'

/**
 * How an image moves from status to status. Every move is a pure function from record to record that raises the
 * revision; `Images.save` refuses it unless the stored revision is the one that it was made from. So each move
 * happens once, whoever tries it and however often. The whole reasoning is in docs/adr/0009-lifecycle.md.
 */
export const moves = {
  start: { from: ['pending', 'processing'], to: 'processing' },
  finishThumbnails: { from: ['processing'], to: 'processing' },
  replace: { from: ['processing'], to: 'processing' },
  finish: { from: ['processing'], to: 'complete' },
  retryLater: { from: ['processing'], to: 'pending' },
  fail: { from: ['processing'], to: 'failed' },
  abandon: { from: ['pending', 'processing'], to: 'failed' },
  requeue: { from: ['pending', 'processing', 'complete', 'failed'], to: 'pending' },
  renew: { from: ['pending', 'processing', 'complete'], to: 'pending' },
} as const satisfies Record<string, { from: readonly ProcessingStatus[]; to: ProcessingStatus }>
export type Move = keyof typeof moves

/** A move that the table does not allow: a fault in the program, never in the image. */
export class IllegalMove extends Error {
  override readonly name = 'IllegalMove'
}

/** The worker no longer holds the image: another took over, somebody asked for new work, or it is being deleted. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** What is known of an image once its original is stored and its header has been read. */
export type AcceptedOriginal = Pick<
  ImageRecord,
  | 'id'
  | 'original_filename'
  | 'mime_type'
  | 'file_size'
  | 'width'
  | 'height'
  | 'orientation'
  | 'exif'
  | 'original_key'
  | 'correlation_id'
  | 'job_id'
  | 'settings_revision'
>

/** The first state of every image: it waits for the job that it names. */
export function newImage(original: AcceptedOriginal, now: Date): ImageRecord {
  return {
    ...original,
    title: null,
    dominant_color: null,
    placeholder: null,
    focal_point: null,
    uploaded_at: now.toISOString(),
    updated_at: now.toISOString(),
    // Grows across lives, too: photos that are deleted and sent again have newer revisions than anything seen before.
    revision: now.getTime(),
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
    lease: null,
    resends: 0,
    deleted_at: null,
  }
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
    resends: 0,
    ...change,
  }
}

/** What to do with a delivered job, given the record as it stands. */
export type Assignment =
  | { readonly kind: 'work'; readonly record: ImageRecord; readonly plan: RenditionPlan }
  /** The last attempt crashed, as others before it: open the breaker instead of crashing again. */
  | { readonly kind: 'give-up'; readonly record: ImageRecord; readonly plan: RenditionPlan }
  /** The work of this job is done: say so again, do nothing else. */
  | { readonly kind: 'settled'; readonly record: ImageRecord; readonly plan: RenditionPlan }
  /** Another worker has it. */
  | { readonly kind: 'leased'; readonly until: Date }
  /** It has failed a moment ago, and is to be tried again then. */
  | { readonly kind: 'waiting'; readonly until: Date }
  /** A newer job has taken the place of this one. */
  | { readonly kind: 'superseded' }
  | { readonly kind: 'deleted' }

export function assign(record: ImageRecord | null, job: ProcessImageJob, worker: string, now: Date): Assignment {
  if (record === null || record.deleted_at !== null) return { kind: 'deleted' }
  // An old job carries old display sizes: it must neither complete the image with them nor undo newer ones.
  if (record.job_id !== job.job_id) return { kind: 'superseded' }
  const plan = planRenditions({
    id: record.id,
    focalPoint: record.focal_point,
    displaySizes: job.display_sizes,
    formats: job.formats,
  })
  // Failed is final until somebody asks for a retry, which makes it pending.
  if (record.processing_status === 'complete' || record.processing_status === 'failed') {
    return { kind: 'settled', record, plan }
  }
  if (record.lease !== null && record.lease.owner !== worker) {
    if (record.lease.expires_at > now.getTime()) return { kind: 'leased', until: new Date(record.lease.expires_at) }
    if (record.consecutive_failures + 1 >= failuresThatOpenTheBreaker) return { kind: 'give-up', record, plan }
  }
  // A copy of the message comes without the wait of the one that failed.
  const retryAt = record.next_retry_at === null ? null : new Date(record.next_retry_at)
  if (retryAt !== null && retryAt > now) return { kind: 'waiting', until: retryAt }
  return { kind: 'work', record, plan }
}

/** A job that has not been taken for so long may have been lost on its way. */
const forgottenAfterMs = 10_000

/**
 * Whether no worker has taken the image although one should have: its uploader died, or failed, between writing the
 * record and sending the job. Sent again, a job that was only waiting is still worked once.
 */
export function isForgotten(record: ImageRecord, now: Date): boolean {
  const untouched = record.processing_status === 'pending' && record.processing_attempts === 0 && record.lease === null
  return untouched && now.getTime() - Date.parse(record.updated_at) > forgottenAfterMs
}

/**
 * Whether an image has waited for so long, or its worker been dead for so long, that its job must have been lost: there
 * is no message any more that would bring it back.
 * @param patienceMs more than any message that still exists can be late
 */
export function isStranded(record: ImageRecord, now: Date, patienceMs: number): boolean {
  if (record.processing_status !== 'pending' && record.processing_status !== 'processing') return false
  const due = Math.max(
    Date.parse(record.updated_at),
    record.next_retry_at === null ? 0 : Date.parse(record.next_retry_at),
    record.lease === null ? 0 : record.lease.expires_at,
  )
  return now.getTime() - due > patienceMs
}

/** Whether somebody who asks for what is under way already should have its job sent again: nobody seems to have it. */
export const isOverdue = (record: ImageRecord, now: Date): boolean => isStranded(record, now, forgottenAfterMs)

/** The job of a stranded image is sent once more; from here on its patience is counted anew. */
export function markResent(record: ImageRecord, now: Date): ImageRecord {
  if (record.deleted_at !== null) throw new IllegalMove('markResent is not possible: the image is being deleted')
  const resends = (record.resends ?? 0) + 1
  return { ...record, updated_at: now.toISOString(), revision: record.revision + 1, resends }
}

/** Specs whose exact file, recipe included, is not on the record. */
export function missing(record: ImageRecord, plan: RenditionPlan): readonly RenditionSpec[] {
  return plan.specs.filter((spec) => !isThere(record, spec))
}

const isThere = (record: ImageRecord, spec: RenditionSpec): boolean => record.renditions[spec.name]?.key === spec.key

/** A worker takes the image. A lease that it finds in its way has expired: a crash, which counts as a failure. */
export function start(record: ImageRecord, worker: { owner: string; leaseMs: number }, now: Date): ImageRecord {
  const crashed = record.lease !== null && record.lease.owner !== worker.owner
  if (crashed && record.lease.expires_at > now.getTime()) {
    throw new IllegalMove(`start is not possible: the image is leased until ${record.lease.expires_at}`)
  }
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

/** What an attempt has stored so far. */
export interface Outcome {
  readonly renditions: Readonly<Record<string, Rendition>>
  /** Null if no thumbnail had to be made. */
  readonly facts: PictureFacts | null
}

/** The record with what an attempt has stored; a file that exists is never forgotten. */
function withOutcome(record: ImageRecord, outcome: Outcome): ImageRecord {
  const { facts } = outcome
  return {
    ...record,
    renditions: { ...record.renditions, ...outcome.renditions },
    ...(facts && {
      width: facts.width,
      height: facts.height,
      orientation: facts.orientation,
      dominant_color: facts.dominantColor,
      placeholder: facts.placeholder,
    }),
  }
}

/** Only the worker that holds the image may write what came of the work. @throws LeaseLost */
function heldBy(owner: string, record: ImageRecord): ImageRecord {
  if (record.lease?.owner !== owner) throw new LeaseLost(`The image is not leased to ${owner} any more`)
  return record
}

/** @throws LeaseLost */
export function finishThumbnails(
  record: ImageRecord,
  owner: string,
  outcome: Outcome,
  plan: RenditionPlan,
  now: Date,
): ImageRecord {
  const held = withOutcome(heldBy(owner, record), outcome)
  demandAll(
    held,
    plan.specs.filter((spec) => spec.stage === 'thumbnails'),
    'finishThumbnails',
  )
  return move(held, 'finishThumbnails', now, {
    thumbnail_status: 'complete',
    thumbnails_completed_at: now.toISOString(),
  })
}

/**
 * All files of the plan are there: from here on the record names these and no others, so that the others can be
 * deleted while the worker still holds the image, and nobody else can be making them again.
 * @throws LeaseLost
 */
export function replace(
  record: ImageRecord,
  owner: string,
  outcome: Outcome,
  plan: RenditionPlan,
  now: Date,
): ImageRecord {
  const held = withOutcome(heldBy(owner, record), outcome)
  demandAll(held, plan.specs, 'replace')
  return move(held, 'replace', now, { renditions: onlyPlanned(held.renditions, plan) })
}

/**
 * The one write that makes an image complete. It stands for two changes and takes two revisions: all variants are
 * there, and the image is complete (see `completionEvents`).
 * @throws LeaseLost
 */
export function finish(
  record: ImageRecord,
  owner: string,
  outcome: Outcome,
  plan: RenditionPlan,
  now: Date,
): ImageRecord {
  const held = withOutcome(heldBy(owner, record), outcome)
  demandAll(held, plan.specs, 'finish')
  return move(held, 'finish', now, {
    revision: record.revision + 2,
    renditions: onlyPlanned(held.renditions, plan),
    thumbnail_status: 'complete',
    variant_status: 'complete',
    lease: null,
    processing_error: null,
    consecutive_failures: 0,
    processing_completed_at: now.toISOString(),
  })
}

/** Nothing at all is not everything: a plan without specs completes no image. */
function demandAll(record: ImageRecord, specs: readonly RenditionSpec[], by: Move): void {
  const lacking = specs.filter((spec) => !isThere(record, spec)).map((spec) => spec.name)
  if (specs.length > 0 && lacking.length === 0) return
  throw new IllegalMove(`${by} is not possible without ${lacking.join(', ') || 'renditions'}`)
}

/** Files that the plan no longer names are not offered any more. */
function onlyPlanned(renditions: ImageRecord['renditions'], plan: RenditionPlan): ImageRecord['renditions'] {
  const planned = new Set(plan.specs.map((spec) => spec.name))
  return Object.fromEntries(Object.entries(renditions).filter(([name]) => planned.has(name)))
}

/**
 * An attempt failed. Stages that are complete stay complete. A permanent error, or the third failure in a row, is
 * final; anything else is tried again at `retryAt`.
 * @throws LeaseLost
 */
export function fail(
  record: ImageRecord,
  owner: string,
  outcome: Outcome,
  failure: { readonly error: ImageError; readonly stage: ProcessingStage | null; readonly retryAt: Date },
  now: Date,
): ImageRecord {
  const failures = record.consecutive_failures + 1
  const final = failure.error.disposition === 'reject' || failures >= failuresThatOpenTheBreaker
  const unfinished: ProcessingStatus = final ? 'failed' : 'pending'
  return move(withOutcome(heldBy(owner, record), outcome), final ? 'fail' : 'retryLater', now, {
    thumbnail_status: record.thumbnail_status === 'complete' ? 'complete' : unfinished,
    variant_status: record.variant_status === 'complete' ? 'complete' : unfinished,
    lease: null,
    processing_error: { code: failure.error.code, message: failure.error.message, stage: failure.stage },
    consecutive_failures: failures,
    next_retry_at: final ? null : failure.retryAt.toISOString(),
  })
}

/** Opens the breaker for an image whose workers keep crashing: the lease of the last one has expired. */
export function giveUp(record: ImageRecord, now: Date): ImageRecord {
  if (record.lease === null) throw new IllegalMove('giveUp is not possible: no worker has crashed, there is no lease')
  const error = new ImageError('worker_crashed', 'The worker stopped without an answer, several times in a row.')
  const failure = { error, stage: unfinishedStage(record), retryAt: now }
  return fail(record, record.lease.owner, { renditions: {}, facts: null }, failure, now)
}

/**
 * The queue has given up the job, so nobody will come back to it: the image fails, with the reason of its last attempt
 * if that had one, and its breaker is open.
 */
export function abandon(record: ImageRecord, now: Date): ImageRecord {
  if (record.lease !== null && record.lease.expires_at > now.getTime()) {
    throw new IllegalMove(`abandon is not possible: the image is leased until ${record.lease.expires_at}`)
  }
  return move(record, 'abandon', now, {
    thumbnail_status: record.thumbnail_status === 'complete' ? 'complete' : 'failed',
    variant_status: record.variant_status === 'complete' ? 'complete' : 'failed',
    lease: null,
    processing_error: record.processing_error ?? {
      code: 'worker_crashed',
      message: 'The worker stopped without an answer, every time that it was tried.',
      stage: unfinishedStage(record),
    },
    consecutive_failures: Math.max(record.consecutive_failures, failuresThatOpenTheBreaker),
    next_retry_at: null,
  })
}

/** The stage that an interruption interrupts. */
export const unfinishedStage = (record: ImageRecord): ProcessingStage =>
  record.thumbnail_status === 'complete' ? 'variants' : 'thumbnails'

/** The job that is to process an image from now on, and the display settings that it carries. */
export type NextJob = Pick<ImageRecord, 'job_id' | 'settings_revision'>

/** A person asks for another try: closes the breaker and begins anew, for `next`. */
export function requeue(record: ImageRecord, next: NextJob, now: Date): ImageRecord {
  return move(record, 'requeue', now, waitingFor(next, record))
}

/** What to render has changed: begins anew, for `next`. It closes no breaker: an image that has failed has to be requeued. */
export function renew(record: ImageRecord, next: NextJob, now: Date): ImageRecord {
  return move(record, 'renew', now, waitingFor(next, record))
}

function waitingFor({ job_id, settings_revision }: NextJob, { thumbnail_status }: ImageRecord) {
  return {
    job_id,
    settings_revision,
    thumbnail_status: thumbnail_status === 'complete' ? 'complete' : 'pending',
    variant_status: 'pending',
    lease: null,
    processing_error: null,
    consecutive_failures: 0,
    processing_completed_at: null,
    next_retry_at: null,
  } as const
}

/** Files that the record names are gone from storage: they are forgotten, and made anew by `next`. */
export function renewWithout(record: ImageRecord, lost: readonly string[], next: NextJob, now: Date): ImageRecord {
  const left = Object.entries(record.renditions).filter(([name]) => !lost.includes(name))
  const lostThumbnail = lost.some((name) => !name.includes('x'))
  const thumbnail_status = lostThumbnail ? 'pending' : record.thumbnail_status
  return renew({ ...record, renditions: Object.fromEntries(left), thumbnail_status }, next, now)
}

/** What a person may say about an image; `focalPoint` matters to variants only, which `renew` has made anew. */
export function describe(
  record: ImageRecord,
  said: { readonly title: string | null; readonly focalPoint: FocalPoint | null },
  now: Date,
): ImageRecord {
  if (record.deleted_at !== null) throw new IllegalMove('describe is not possible: the image is being deleted')
  return {
    ...record,
    title: said.title,
    focal_point: said.focalPoint,
    updated_at: now.toISOString(),
    revision: record.revision + 1,
  }
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
