import { ImageError, RequestError } from '../core/errors.ts'
import type { PendingUpload } from '../core/ports.ts'
import { type CompleteUploadPorts, completeUpload } from './complete-upload.ts'
import { eachByItself } from './each-by-itself.ts'

export interface SettleUploadsPorts extends CompleteUploadPorts {
  readonly measure: (metric: 'UploadSettled' | 'UploadRefused' | 'UploadAbandoned', value: number) => void
  /** Until the function times out. */
  readonly remainingMs: () => number
}

/** Most clients have said so by then; to the others it makes no difference that somebody was quicker. */
const clientsTimeMs = 60_000

/** Bytes may be on their way for as long as the URL holds, and a little longer. */
const afterExpiryMs = 10 * 60_000

/** What a page of uploads may take. */
const timeForOnePageMs = 20_000

/**
 * Completes uploads whose bytes arrived and whose client never said so, and closes those whose bytes never came.
 * Looks at each upload until it is settled, and never again.
 * @throws AggregateError of those that could not be settled, after all others were
 */
export async function settleUploads(ports: SettleUploadsPorts): Promise<void> {
  const about = ({ id, sha256 }: PendingUpload) => ({ upload_id: id, image_id: sha256 })
  await eachByItself(unsettled(ports), (upload) => settle(ports, upload), { log: ports.log, about })
}

/** Page after page, as long as there is time. */
async function* unsettled(ports: SettleUploadsPorts): AsyncIterable<PendingUpload> {
  const before = new Date(ports.ambient.now().getTime() - clientsTimeMs)
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof ports.uploads.unsettled>> = await ports.uploads.unsettled(before, cursor)
    yield* page.uploads
    cursor = page.cursor
  } while (cursor !== null && ports.remainingMs() > timeForOnePageMs)
}

async function settle(ports: SettleUploadsPorts, upload: PendingUpload): Promise<void> {
  const about = { upload_id: upload.id, image_id: upload.sha256, correlation_id: upload.correlation_id }
  try {
    const { is_duplicate } = await completeUpload(ports, upload.id)
    if (is_duplicate !== true) ports.log.info('An upload is complete', about)
    ports.measure('UploadSettled', 1)
  } catch (error) {
    const isRefusal = error instanceof RequestError || (error instanceof ImageError && error.disposition === 'reject')
    if (!isRefusal) throw error
    if (error.code === 'deletion_in_progress') return
    if (error.code === 'upload_not_received' || error.code === 'upload_expired') {
      const given = ports.ambient.now().getTime() - Date.parse(upload.expires_at)
      if (given < afterExpiryMs) return
      ports.log.info('An upload has expired and has no bytes: they never came, or were deleted since', about)
      ports.measure('UploadAbandoned', 1)
    } else {
      // What was refused is deleted, with the upload: there is nothing left to settle.
      ports.log.warn('An upload that nobody completed was refused', { ...about, code: error.code })
      ports.measure('UploadRefused', 1)
      return
    }
  }
  await ports.uploads.settle(upload)
}
