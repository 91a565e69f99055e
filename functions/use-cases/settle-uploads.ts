import { RequestError } from '../core/errors.ts'
import { aboutUpload } from '../core/log-fields.ts'
import type { Checkpoints, PendingUpload } from '../core/ports.ts'
import { type CompleteUploadPorts, completeUpload, UploadRefused } from './complete-upload.ts'
import { eachByItself } from './each-by-itself.ts'

export interface SettleUploadsPorts extends CompleteUploadPorts {
  readonly checkpoints: Checkpoints
  readonly measure: (
    metric: 'UploadSettled' | 'UploadRefused' | 'UploadAbandoned' | 'EventUnpublished',
    value: number,
  ) => void
  /** Until the function times out. */
  readonly remainingMs: () => number
}

/** Most clients have said so by then; to the others it makes no difference that somebody was quicker. */
const clientsTimeMs = 60_000

/**
 * Storage looks at the expiry of a URL when a PUT begins: one that began in the last moment may arrive so much later. It
 * is what 100 MB take at 15 KB/s. What is slower still is not lost as long as its client says in the end that it is there.
 */
const slowestPutMs = 2 * 3_600_000

/** Uploads that are seen to together. */
const atOnce = 10

const walk = 'sweep:uploads'

/** What those that are under way may take. */
const timeToEndMs = 20_000

/**
 * Completes uploads whose bytes arrived and whose client never said so, and closes those whose bytes never came.
 * Looks at each upload until it is settled, and never again.
 * @throws AggregateError of those that could not be settled, after all others were
 */
export async function settleUploads(ports: SettleUploadsPorts): Promise<void> {
  await eachByItself(unsettled(ports), (upload) => settle(ports, upload), {
    log: ports.log,
    about: aboutUpload,
    atOnce,
  })
}

/** From where the last run ended, as long as there is time. */
async function* unsettled(ports: SettleUploadsPorts): AsyncIterable<PendingUpload> {
  const before = new Date(ports.ambient.now().getTime() - clientsTimeMs)
  let cursor = await ports.checkpoints.read(walk)
  do {
    if (ports.remainingMs() < timeToEndMs) return
    const page = await ports.uploads.unsettled(before, cursor)
    // Before they are seen to: one that ends the function must not stand before all others each time.
    if (page.cursor !== cursor) await ports.checkpoints.write(walk, page.cursor)
    for (const upload of page.uploads) {
      if (ports.remainingMs() < timeToEndMs) return
      yield upload
    }
    cursor = page.cursor
  } while (cursor !== null)
}

async function settle(ports: SettleUploadsPorts, upload: PendingUpload): Promise<void> {
  const about = aboutUpload(upload)
  const mayStillArrive = ports.ambient.now().getTime() - Date.parse(upload.expires_at) < slowestPutMs
  try {
    const { is_duplicate } = await completeUpload(ports, upload.id)
    // Its bytes are deleted, and it is settled with that; or they are yet to come.
    if (is_duplicate === true && mayStillArrive) return
    const says = is_duplicate === true ? 'An upload is closed: its photo is known' : 'An upload is complete'
    ports.log.info(says, about)
    ports.measure('UploadSettled', 1)
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    if (error instanceof UploadRefused) {
      if (upload.refused === undefined) {
        ports.log.warn('An upload that nobody completed was refused', { ...about, code: error.code })
        ports.measure('UploadRefused', 1)
      }
      await ports.originals.delete(upload.original_key)
    } else {
      if (error.code === 'deletion_in_progress') return
      if (error.code !== 'upload_not_received' && error.code !== 'upload_expired') throw error
      if (mayStillArrive) return
      ports.log.info('An upload has expired and has no bytes: they never came, or were deleted since', about)
      ports.measure('UploadAbandoned', 1)
    }
  }
  await ports.uploads.settle(upload.id)
}
