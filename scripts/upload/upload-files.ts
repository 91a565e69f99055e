import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Image } from '@glowworm/events/image'
import { limits } from '@glowworm/events/vocabulary'
import PQueue from 'p-queue'
import { type ApiClient, Refused, sendBytes } from '../client/api-client.ts'
import { LiveConnection } from '../client/live-connection.ts'
import type { SourceFile } from './find-files.ts'
import { ImageWatch } from './image-watch.ts'

export interface Outcome {
  readonly file: SourceFile
  readonly status: 'complete' | 'duplicate' | 'failed' | 'refused' | 'unfinished' | 'error'
  /** Why, in words; null when all is well. */
  readonly reason: string | null
  /** The stable code of the reason. */
  readonly code: string | null
  readonly image: Image | null
  readonly msToThumbnails: number | null
  readonly msToComplete: number | null
}

export const succeeded = (outcome: Outcome): boolean => outcome.status === 'complete' || outcome.status === 'duplicate'

export interface UploadProgress {
  hashed(file: SourceFile): void
  /** Bytes that have left; negative when a transfer starts over. */
  sent(file: SourceFile, bytes: number): void
  settled(outcome: Outcome): void
  /** The server went away, or came back; while it is away it is waited for. */
  reached(isThere: boolean): void
}

export interface UploadOptions {
  readonly parallel: number
  /** How long to wait for an image to be processed, in milliseconds, once its bytes are there. */
  readonly patienceMs: number
  readonly progress: UploadProgress
}

const pollEveryMs = 15_000

/** How long the server may be away, in milliseconds, before nothing is waited for any more. */
export const awayLimitMs = 120_000

/**
 * Uploads files and follows each to its end: hashes first, asks what is known, sends only the rest, some at a time.
 * Never throws for a single file: each ends in an outcome, in the order of `files`.
 */
export async function uploadFiles(
  files: readonly SourceFile[],
  api: ApiClient,
  { parallel, patienceMs, progress }: UploadOptions,
): Promise<readonly Outcome[]> {
  const watch = new ImageWatch()
  const refresh = async () => {
    const asked = watch.waiting.map(async (id) => watch.see(await api.getImage(id)))
    // Not there yet, or not reached this time: the next round asks again.
    await Promise.allSettled(asked)
  }
  let awayTooLong: NodeJS.Timeout | undefined
  const live = await LiveConnection.open(api, {
    onEvent: (event) => watch.hear(event),
    // The events in between are gone: what is still waited for is asked for.
    onGap: () => void refresh().catch(() => undefined),
    onReach: (isThere) => {
      progress.reached(isThere)
      clearTimeout(awayTooLong)
      if (!isThere) awayTooLong = setTimeout(() => watch.giveUp(), awayLimitMs)
    },
  })
  // A message can be lost on its way; the state of the image cannot.
  const poll = setInterval(() => void refresh().catch(() => undefined), pollEveryMs)
  poll.unref()

  const queue = new PQueue({ concurrency: parallel })
  const firsts = new Map<string, Promise<Outcome>>()
  let known: ReadonlyMap<string, Image> = new Map()
  try {
    const hashes = await queue.addAll(
      files.map((file) => async () => {
        const hash = await sha256Of(file.path).catch((error: Error) => error)
        progress.hashed(file)
        return hash
      }),
    )
    known = await findKnown(api, [...new Set(hashes.filter((hash) => typeof hash === 'string'))])
    return await Promise.all(
      files.map(async (file, index) => {
        const outcome = await endOf(file, hashes[index] ?? new Error('Not read'))
        progress.settled(outcome)
        return outcome
      }),
    )
  } finally {
    clearInterval(poll)
    clearTimeout(awayTooLong)
    live.close()
  }

  function endOf(file: SourceFile, hash: string | Error): Promise<Outcome> {
    if (typeof hash !== 'string') return Promise.resolve(fromError(file, hash))
    const twin = firsts.get(hash)
    if (twin !== undefined) return twin.then((first) => asDuplicate(file, first))
    const outcome = queue.add(() => transfer(file, hash, known.get(hash) ?? null)).then((follow) => follow())
    firsts.set(hash, outcome)
    return outcome
  }

  /** Sends one file if need be. Answers how to wait for its end, so that waiting holds no place in the queue. */
  async function transfer(file: SourceFile, sha256: string, existing: Image | null): Promise<() => Promise<Outcome>> {
    const processed = watch.watch(sha256)
    try {
      if (existing) {
        watch.see(existing)
        return () => follow(file, processed, sha256, true)
      }
      const begun = await api.beginUpload({
        filename: file.name,
        size: file.size,
        content_type: 'application/octet-stream',
        sha256,
      })
      if (!('upload' in begun)) {
        watch.see(begun.data)
        return () => follow(file, processed, sha256, true)
      }
      await sendBytes(begun.upload, { size: file.size, open: () => createReadStream(file.path) }, (bytes) =>
        progress.sent(file, bytes),
      )
      // Times count from here: the bytes are there, and the answer is still to come.
      watch.forget(sha256)
      const accepted = watch.watch(sha256)
      const completed = await api.completeUpload(begun.upload.id)
      watch.see(completed.data)
      return () => follow(file, accepted, sha256, completed.is_duplicate === true)
    } catch (error) {
      watch.forget(sha256)
      const outcome = fromError(file, error)
      return async () => outcome
    }
  }

  async function follow(
    file: SourceFile,
    processed: ReturnType<ImageWatch['watch']>,
    imageId: string,
    duplicate: boolean,
  ): Promise<Outcome> {
    const settled = await within(processed, patienceMs)
    if (settled === null || settled === 'given up') {
      watch.forget(imageId)
      const reason =
        settled === null
          ? `Still not processed after ${Math.round(patienceMs / 1000)} s`
          : `The server was away for ${awayLimitMs / 1000} s; what it has accepted it finishes when it runs again`
      return { ...nothing(file), status: 'unfinished', reason, code: null }
    }
    const { image, msToThumbnails, msToComplete } = settled
    if (image.processing_status === 'failed') {
      const { code, message } = image.processing_error ?? { code: 'internal_error', message: 'No reason given' }
      return { file, status: 'failed', reason: message, code, image, msToThumbnails, msToComplete: null }
    }
    return duplicate
      ? { ...nothing(file), status: 'duplicate', image }
      : { file, status: 'complete', reason: null, code: null, image, msToThumbnails, msToComplete }
  }
}

const nothing = (file: SourceFile) =>
  ({ file, reason: null, code: null, image: null, msToThumbnails: null, msToComplete: null }) as const

function fromError(file: SourceFile, error: unknown): Outcome {
  const reason = error instanceof Error ? error.message : String(error)
  return error instanceof Refused
    ? { ...nothing(file), status: 'refused', reason, code: error.code }
    : { ...nothing(file), status: 'error', reason, code: null }
}

/** A file with the bytes of another of the same run shares its end. */
function asDuplicate(file: SourceFile, first: Outcome): Outcome {
  return succeeded(first)
    ? { ...nothing(file), status: 'duplicate', image: first.image }
    : { ...first, file, msToThumbnails: null, msToComplete: null }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

async function findKnown(api: ApiClient, hashes: readonly string[]): Promise<ReadonlyMap<string, Image>> {
  const known = new Map<string, Image>()
  for (let start = 0; start < hashes.length; start += limits.hashesPerCheck) {
    const found = await api.findDuplicates(hashes.slice(start, start + limits.hashesPerCheck))
    for (const [hash, image] of found) known.set(hash, image)
  }
  return known
}

/** Null if the promise has not settled in time. */
async function within<Value>(promise: Promise<Value>, ms: number): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
