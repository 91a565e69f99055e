import type { UploadedResponse } from '@glowworm/events/http-api'
import { ImageError, RequestError } from '../core/errors.ts'
import { imageCreated } from '../core/events-of-image.ts'
import { isForgotten, newImage } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import type { Ambient, ByteSource, Images, Originals, PendingUpload, Settings, Uploads } from '../core/ports.ts'
import { createRecord, recordThatExists } from './create-record.ts'
import { type DispatchPorts, dispatch } from './dispatch.ts'
import { inspectOriginal, type OriginalFacts, type ReadExif } from './inspect-original.ts'
import { newJob, sameJob } from './queue-job.ts'
import { accepted, deletionInProgress, duplicate } from './upload-answers.ts'

export interface CompleteUploadPorts extends DispatchPorts {
  readonly images: Images
  readonly uploads: Uploads
  readonly originals: Originals
  readonly settings: Settings
  readonly readExif: ReadExif
  readonly ambient: Ambient
}

/**
 * The client says that its bytes have arrived. Only the first of them are read, so the time that this takes does not
 * grow with the file. May be called again with the same outcome: the upload is kept until it expires.
 * @throws RequestError `upload_not_found`, `upload_not_received`, `upload_expired`, `checksum_mismatch`,
 *   `deletion_in_progress`; ImageError for bytes that are refused, of which nothing is kept
 */
export async function completeUpload(ports: CompleteUploadPorts, uploadId: string): Promise<UploadedResponse> {
  const { ambient, images, originals } = ports
  const upload = await ports.uploads.get(uploadId)
  if (upload === null) {
    throw new RequestError(404, 'upload_not_found', 'There is no such upload, or it was refused. Begin a new one.')
  }
  const [existing, source, settings] = await Promise.all([
    images.get(upload.sha256),
    originals.open(upload.original_key),
    ports.settings.displaySettings(),
  ])
  if (existing !== null) return answerForExisting(ports, upload, existing)
  if (source === null) throw notReceived(upload, ambient.now())

  const facts = await inspect(ports, upload, source)
  const job = newJob({ id: upload.sha256, correlationId: upload.correlation_id }, 'upload', settings, ambient)
  const record = newImage(
    {
      ...facts,
      id: upload.sha256,
      original_filename: upload.filename,
      file_size: upload.size,
      original_key: upload.original_key,
      correlation_id: upload.correlation_id,
      job_id: job.job_id,
      settings_revision: settings.revision,
    },
    ambient.now(),
  )
  const creation = await createRecord(images, record)
  if (creation.kind === 'deleting') throw deletionInProgress()
  if (creation.kind === 'duplicate') return answerForExisting(ports, upload, creation.image)
  return accepted(record, await dispatch(ports, job, 'high', imageCreated(record, ambient)))
}

async function answerForExisting(
  ports: CompleteUploadPorts,
  upload: PendingUpload,
  existing: ImageRecord,
): Promise<UploadedResponse> {
  // The object stays while the old image is being deleted: a second later this call can succeed.
  if (recordThatExists(existing).kind === 'deleting') throw deletionInProgress()
  // This very upload made the image: the call is a repetition, and does what the first may not have come to.
  if (existing.original_key === upload.original_key) {
    if (!isForgotten(existing, ports.ambient.now())) return accepted(existing, true)
    const job = sameJob(existing, await ports.settings.displaySettings(), ports.ambient)
    return accepted(existing, await dispatch(ports, job, 'high', imageCreated(existing, ports.ambient)))
  }
  await ports.originals.delete(upload.original_key).catch((error: unknown) => {
    ports.log.warn('An object that no record names could not be deleted', { key: upload.original_key, error })
  })
  return duplicate(existing)
}

/** Bytes that were begun in time and arrived are taken even if the upload has expired meanwhile. */
function notReceived(upload: PendingUpload, now: Date): RequestError {
  return Date.parse(upload.expires_at) <= now.getTime()
    ? new RequestError(410, 'upload_expired', `The upload expired at ${upload.expires_at}. Begin a new one.`)
    : new RequestError(409, 'upload_not_received', 'No bytes have arrived. Send them to the URL given, then try again.')
}

async function inspect(ports: CompleteUploadPorts, upload: PendingUpload, source: ByteSource): Promise<OriginalFacts> {
  try {
    if (source.size !== upload.size) {
      throw new RequestError(
        422,
        'checksum_mismatch',
        `Expected ${upload.size} bytes as declared, received ${source.size}. Begin a new upload.`,
      )
    }
    return await inspectOriginal(source, ports.readExif)
  } catch (error) {
    const refused = error instanceof RequestError || (error instanceof ImageError && error.disposition === 'reject')
    if (refused) await forget(ports, upload)
    throw error
  }
}

/** The object first: as long as the upload is known, saying complete again ends here again. */
async function forget(ports: CompleteUploadPorts, upload: PendingUpload): Promise<void> {
  await ports.originals.delete(upload.original_key)
  await ports.uploads.remove(upload.id)
}
