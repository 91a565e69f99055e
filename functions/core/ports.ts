import type { BeganUploadResponse, HttpErrorCode, ImageSort, ProcessingStatsResponse } from '@glowworm/events/http-api'
import type { ApplyDisplaySizesJob, JobPriority, ProcessImageJob } from '@glowworm/events/jobs'
import type { Channel, SentUpdate, ServerMessage } from '@glowworm/events/socket-messages'
import type { UpdateEvent } from '@glowworm/events/update-events'
import type { ProcessingStatus, RenditionFormat } from '@glowworm/events/vocabulary'
import type { ImageRecord } from './image-record.ts'
import type { RenditionPlan, RenditionSpec } from './rendition-plan.ts'

/** Time and identity, passed in so that core and use cases stay repeatable. */
export interface Ambient {
  now(): Date
  /** A ULID of the present. */
  newId(): string
}

/** What operators should know although no answer says it. */
export interface Log {
  info(message: string, about: Readonly<Record<string, unknown>>): void
  warn(message: string, about: Readonly<Record<string, unknown>>): void
  error(message: string, about: Readonly<Record<string, unknown>>): void
}

export interface ImageQuery {
  readonly status: ProcessingStatus | null
  /** Lower case. */
  readonly text: string | null
  readonly sort: ImageSort
  readonly limit: number
  /** Opaque, from an earlier page of the same query. */
  readonly cursor: string | null
}

/** How many images have what of a set of variants. */
export interface VariantCount {
  /** That have not failed. */
  readonly images: number
  readonly failed: number
  /** Of `images`, those that have every variant of the group, in the order of the groups. */
  readonly having: readonly number[]
}

/** A part of the images of one status, in the order of upload. */
export interface Stretch {
  /** Where an earlier stretch ended; null at the beginning. */
  readonly after: string | null
  /** Of images that are looked at, whether or not they are found. */
  readonly length: number
}

export interface UntouchedImages {
  readonly records: readonly ImageRecord[]
  /** Where the stretch ended; null if there is nothing beyond it. */
  readonly next: string | null
}

export interface Images {
  /** Strongly consistent. */
  get(id: string): Promise<ImageRecord | null>
  /** Records that exist, by id. */
  getMany(ids: readonly string[]): Promise<ReadonlyMap<string, ImageRecord>>
  /** One of any number of concurrent calls for the same id answers true. */
  create(record: ImageRecord): Promise<boolean>
  /** Replaces the record if its stored revision still is `previousRevision`; false if not. */
  save(record: ImageRecord, previousRevision: number): Promise<boolean>
  /** Removes this tombstone for good, and nothing that took its place. */
  remove(tombstone: ImageRecord): Promise<void>
  /**
   * Those of a stretch of the images of one status that nobody has written to since `before`; `deleting` are tombstones.
   * The index is a moment behind.
   */
  untouchedSince(before: Date, status: ProcessingStatus | 'deleting', stretch: Stretch): Promise<UntouchedImages>
  /** How many have this status, as the index knows them; counts no further than `atMost`. */
  count(status: ProcessingStatus, atMost: number): Promise<number>
  /**
   * Counts, of the newest images up to `atMost`, those that have all variants of a group, for each group of names; as
   * the index knows them.
   */
  countVariants(groups: readonly (readonly string[])[], atMost: number): Promise<VariantCount>
  /** @throws RequestError `invalid_request` for a cursor that is not of this query. */
  list(query: ImageQuery): Promise<{ readonly records: readonly ImageRecord[]; readonly cursor: string | null }>
}

/** Why the bytes of an upload were not taken, as its client is told however often it asks. */
export interface Refusal {
  readonly status: number
  readonly code: HttpErrorCode
  readonly message: string
}

/** An upload that has begun and whose bytes go straight to storage. */
export interface PendingUpload {
  readonly id: string
  readonly sha256: string
  readonly filename: string
  readonly size: number
  readonly content_type: string
  readonly original_key: string
  readonly created_at: string
  readonly expires_at: string
  readonly correlation_id: string
  /** If it was. */
  readonly refused?: Refusal
}

export interface Uploads {
  create(upload: PendingUpload): Promise<void>
  get(id: string): Promise<PendingUpload | null>
  /** Kept with the upload for as long as that is known. */
  refuse(id: string, refusal: Refusal): Promise<void>
  /** A page of those that began before then, the oldest first, but for those that are settled; few at a time. */
  unsettled(
    before: Date,
    cursor: string | null,
  ): Promise<{ readonly uploads: readonly PendingUpload[]; readonly cursor: string | null }>
  /** What became of it is known; it stays until it expires, but is looked for no more. */
  settle(id: string): Promise<void>
}

/** Random access to the bytes of a stored object: what is not asked for is not moved. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number
  /** Up to `length` bytes from `offset`; fewer at the end, none beyond it. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** An object as a listing shows it. */
export interface ListedObject {
  readonly key: string
  readonly lastModified: Date
}

/** Objects in the order of their keys; `next` is the key to go on after, null at the end. */
export interface ObjectPage {
  readonly objects: readonly ListedObject[]
  readonly next: string | null
}

export interface Originals {
  put(key: string, bytes: Uint8Array, about: { readonly sha256: string; readonly contentType: string }): Promise<void>
  /** The whole object. @throws ImageError `original_missing` */
  read(key: string): Promise<Uint8Array>
  /** Null if there is no such object. The first read is made at once and kept. */
  open(key: string): Promise<ByteSource | null>
  exists(key: string): Promise<boolean>
  delete(key: string): Promise<void>
  /** A page of all originals, from the key after `after` on. */
  list(after: string | null): Promise<ObjectPage>
  /** A PUT that storage itself refuses unless length and SHA-256 are as declared. */
  signPut(upload: PendingUpload): Promise<Pick<BeganUploadResponse['upload'], 'method' | 'url' | 'headers'>>
  /** A short-lived GET that downloads under the original's file name. */
  signGet(record: ImageRecord): Promise<string>
}

export interface Renditions {
  /** Idempotent: the key says what the bytes are. Answers the ETag. */
  put(key: string, bytes: Uint8Array, format: RenditionFormat): Promise<string>
  /** Every rendition of the image, recorded or not. */
  deleteAll(imageId: string): Promise<void>
  /** Every rendition of the image but those with these keys. Only for whoever holds the image. */
  deleteAllBut(imageId: string, keys: readonly string[]): Promise<void>
  exists(key: string): Promise<boolean>
  /** No more than 1000. */
  delete(keys: readonly string[]): Promise<void>
  /** A page of all renditions of all images, from the key after `after` on. */
  list(after: string | null): Promise<ObjectPage>
}

/** Where a long walk goes on the next time. */
export interface Checkpoints {
  /** Null at the beginning. */
  read(walk: string): Promise<string | null>
  write(walk: string, position: string | null): Promise<void>
}

export interface Jobs {
  send(job: ProcessImageJob, priority: JobPriority): Promise<void>
}

export interface QueueDepth {
  readonly waiting: number
  readonly in_flight: number
  readonly dead: number
}

export interface QueueDepths {
  read(): Promise<Record<JobPriority, QueueDepth>>
}

/** How many messages lie among the dead letters of what is no queue of images. */
export interface DeadLetterCounts {
  read(): Promise<ProcessingStatsResponse['dead_letters']>
}

/** A job that was delivered as often as its queue allows, and never done. */
export interface DeadLetter {
  /** Null if it cannot be read. */
  readonly job: ProcessImageJob | null
  /** What to remove it by, for a minute. */
  readonly receipt: string
}

/** Where a dead letter lies; `direct` are jobs that never were in a queue. */
export type DeadLetterBox = JobPriority | 'direct'

export interface DeadLetters {
  /** Up to `atMost`; what is not removed comes back after a minute. */
  receive(box: DeadLetterBox, atMost: number): Promise<readonly DeadLetter[]>
  remove(box: DeadLetterBox, receipt: string): Promise<void>
  /** Lets them be received again after so many seconds, up to 12 hours; 0 is at once. */
  release(box: DeadLetterBox, receipts: readonly string[], seconds: number): Promise<void>
}

/** Changes of settings that did not get to every image. */
export interface DeadBackfills {
  /** Up to `atMost`; what is not removed comes back after a minute. A job is null if it cannot be read. */
  receive(atMost: number): Promise<readonly { readonly job: ApplyDisplaySizesJob | null; readonly receipt: string }[]>
  remove(receipt: string): Promise<void>
  /** Lets it be received again at once. */
  release(receipt: string): Promise<void>
}

/** An update that was delivered as often as it may be, and could not be told. */
export interface DeadUpdate {
  /** Null if it cannot be read. */
  readonly event: UpdateEvent | null
  /** What to remove it by, for a minute. */
  readonly receipt: string
}

export interface DeadUpdates {
  /** Up to `atMost`; what is not removed comes back after a minute. */
  receive(atMost: number): Promise<readonly DeadUpdate[]>
  remove(receipt: string): Promise<void>
  /** Lets them be received again after so many seconds, up to 12 hours; 0 is at once. */
  release(receipts: readonly string[], seconds: number): Promise<void>
}

/** How the processing of an image ended. */
export interface ProcessingEnd {
  readonly imageId: string
  readonly revision: number
  readonly status: 'complete' | 'failed'
  /** Of the last attempt; null for a failure. */
  readonly durationMs: number | null
  readonly at: Date
}

export interface ProcessingHistory {
  /**
   * What ended from `from` on, which is `since`, or later if that is too much to read; newest first. The same end may
   * come twice.
   */
  endsSince(since: Date): Promise<{ readonly ends: readonly ProcessingEnd[]; readonly from: Date }>
}

export interface Updates {
  publish(event: UpdateEvent): Promise<void>
}

export interface DisplaySettings {
  readonly displaySizes: readonly string[]
  readonly formats: readonly RenditionFormat[]
  /** Grows by one with every change; 0 for the defaults. */
  readonly revision: number
}

export interface StoredDisplaySettings extends DisplaySettings {
  /** A moment before they were stored; null for the defaults. */
  readonly changed: { readonly at: string } | null
}

export interface Settings {
  /** The stored settings, or the defaults. */
  displaySettings(): Promise<DisplaySettings>
  storedDisplaySettings(): Promise<StoredDisplaySettings>
  /** Replaces what is stored if its revision still is `previousRevision`; false if not. */
  saveDisplaySettings(settings: StoredDisplaySettings, previousRevision: number): Promise<boolean>
}

/** The way to the function that takes changed settings to every image. */
export interface Backfills {
  begin(job: ApplyDisplaySizesJob): Promise<void>
}

export interface RenderedFile {
  readonly spec: RenditionSpec
  readonly width: number
  readonly height: number
  readonly bytes: Uint8Array
}

/** What only the pixels tell. */
export interface PictureFacts {
  /** Upright. */
  readonly width: number
  readonly height: number
  readonly orientation: number
  /** `#rrggbb` */
  readonly dominantColor: string
  /** ThumbHash, base64. */
  readonly placeholder: string
}

/** Receives what a renderer makes, as soon as it exists. */
export interface RenderingSink {
  /** Called once, before the first thumbnail; not at all for a plan without thumbnails. */
  picture(facts: PictureFacts): void
  /** Called once for each spec; several may be under way. A rejection ends the rendering. */
  file(file: RenderedFile): Promise<void>
}

export interface Renderer {
  /** @throws ImageError `corrupt_image`, `unsupported_format` or `image_too_large` */
  render(original: Uint8Array, plan: RenditionPlan, sink: RenderingSink): Promise<void>
}

export interface EventLog {
  /** At a position that is new, even if the event itself is in the log already. */
  append(channel: Channel, event: SentUpdate): Promise<void>
  /**
   * What came after position `since`, in order of positions, and before it what had come in the seconds before, and at that
   * position itself: a client may know it from a greeting, and not the event. Null if that is more than is kept or than `limit`.
   */
  since(channel: Channel, since: string, limit: number): Promise<readonly SentUpdate[] | null>
  latestPosition(channel: Channel): Promise<string | null>
}

export interface Connections {
  open(connectionId: string, user: string): Promise<void>
  /** False if the connection is not known (any more). */
  subscribe(connectionId: string, channels: readonly Channel[]): Promise<boolean>
  subscribers(channel: Channel): Promise<readonly string[]>
  close(connectionId: string): Promise<void>
}

export interface Sockets {
  /** `gone` if the client has left. */
  send(connectionId: string, message: ServerMessage): Promise<'sent' | 'gone'>
  /** The client hears that its connection has ended; no error if it has left already. */
  disconnect(connectionId: string): Promise<void>
}

export interface Tickets {
  create(ticket: string, user: string, expiresAt: Date): Promise<void>
  /** Whether it could be used now; does not use it up. */
  isValid(ticket: string): Promise<boolean>
  /** Uses it up; the user it was made for, or null if it is unknown, expired or used. */
  consume(ticket: string): Promise<string | null>
}

/** When passwords for an account that come from one network are counted together. */
export interface SignInWindow {
  /** In lower case. */
  readonly account: string
  readonly network: string
  readonly endsAt: Date
}

/** How many passwords have been tried and not been right. */
export interface SignInGuesses {
  /** Counts one more; false, and nothing is counted, if there were `atMost` already. Of any number at once, too. */
  count(window: SignInWindow, atMost: number): Promise<boolean>
  /** One of those that were counted does not count after all. */
  takeBack(window: SignInWindow): Promise<void>
  clear(window: SignInWindow): Promise<void>
}

export interface Session {
  readonly accessToken: string
  readonly refreshToken: string | null
  readonly expiresAt: Date
}

export interface AuthenticatedUser {
  readonly email: string
  readonly groups: readonly string[]
  readonly expiresAt: Date
}

export interface Identity {
  /** Null for a wrong address or password, without saying which. */
  signIn(email: string, password: string): Promise<Session | null>
  /** Null if the refresh token is not valid (any more). */
  refresh(refreshToken: string): Promise<Session | null>
  signOut(refreshToken: string): Promise<void>
  /** Null if the token is not valid. */
  authenticate(accessToken: string): Promise<AuthenticatedUser | null>
}
