import type { UploadedResponse } from '@glowworm/events/http-api'
import { ImageError, RequestError } from '../core/errors.ts'
import { imageCreated } from '../core/events-of-image.ts'
import { isForgotten, newImage } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import { aboutUpload } from '../core/log-fields.ts'
import type {
  Ambient,
  ByteSource,
  Images,
  Originals,
  PendingUpload,
  Refusal,
  Settings,
  Uploads,
} from '../core/ports.ts'
import { toRequestError } from '../core/upload-policy.ts'
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

/** The bytes of an upload are not what can be taken, and never will be: they are deleted, and the reason is kept. */
export class UploadRefused extends RequestError {
  constructor({ status, code, message }: Refusal) {
    super(status, code, message)
  }
}

/**
 * The client says that its bytes have arrived. Only the first of them are read, so the time that this takes does not
 * grow with the file. May be called again with the same outcome, a refusal included: the upload is kept until a week
 * after it has expired.
 * @param onFound is told which upload it is, before anything can refuse it
 * @throws RequestError `upload_not_found`, `upload_not_received`, `upload_expired`, `deletion_in_progress`
 * @throws UploadRefused `checksum_mismatch`, or the code of what is wrong with the image
 */
export async function completeUpload(
  ports: CompleteUploadPorts,
  uploadId: string,
  onFound: (upload: PendingUpload) => void = () => {},
): Promise<UploadedResponse> {
  const { ambient, images, originals } = ports
  const upload = await ports.uploads.get(uploadId)
  if (upload === null) {
    throw new RequestError(404, 'upload_not_found', 'There is no such upload, or not any more. Begin a new one.')
  }
  onFound(upload)
  if (upload.refused !== undefined) throw new UploadRefused(upload.refused)
  const [existing, source, settings] = await Promise.all([
    images.get(upload.sha256),
    originals.open(upload.original_key),
    ports.settings.displaySettings(),
  ])
  if (existing !== null) return answerForExisting(ports, upload, existing, source)
  if (source === null) throw await whyAbsent(ports, upload)

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
  if (creation.kind === 'duplicate') return answerForExisting(ports, upload, creation.image, source)
  return accepted(record, await dispatch(ports, job, 'high', imageCreated(record, ambient)))
}

async function answerForExisting(
  ports: CompleteUploadPorts,
  upload: PendingUpload,
  existing: ImageRecord,
  source: ByteSource | null,
): Promise<UploadedResponse> {
  // The object stays while the old image is being deleted: a second later this call can succeed.
  if (recordThatExists(existing).kind === 'deleting') throw deletionInProgress()
  // This very upload made the image: the call is a repetition, and does what the first may not have come to.
  if (existing.original_key === upload.original_key) {
    if (!isForgotten(existing, ports.ambient.now())) return accepted(existing, true)
    const job = sameJob(existing, await ports.settings.displaySettings(), ports.ambient)
    return accepted(existing, await dispatch(ports, job, 'high', imageCreated(existing, ports.ambient)))
  }
  // Without its bytes it goes on: they may be on their way, and are deleted only once they are there.
  if (source !== null) {
    ports.log.info('The photo of an upload is known; its bytes are deleted', {
      ...aboutUpload(upload),
      key: upload.original_key,
    })
    await discard(ports, upload)
  }
  return duplicate(existing)
}

/** Its object is of no use to anybody. What is not possible now, the sweep does. */
async function discard({ originals, uploads, log }: CompleteUploadPorts, upload: PendingUpload): Promise<void> {
  try {
    await originals.delete(upload.original_key)
    await uploads.settle(upload.id)
  } catch (error) {
    const about = { ...aboutUpload(upload), key: upload.original_key }
    log.warn('An object that no record names could not be deleted', { ...about, error })
  }
}

/** Another call may have refused and deleted the bytes since this one began: it said why before it deleted. */
async function whyAbsent(ports: CompleteUploadPorts, { id, expires_at }: PendingUpload): Promise<RequestError> {
  const upload = await ports.uploads.get(id)
  if (upload?.refused !== undefined) return new UploadRefused(upload.refused)
  // Bytes that were begun in time and arrived are taken even if the upload has expired meanwhile.
  return Date.parse(expires_at) <= ports.ambient.now().getTime()
    ? new RequestError(410, 'upload_expired', `The upload expired at ${expires_at}. Begin a new one.`)
    : new RequestError(409, 'upload_not_received', 'No bytes have arrived. Send them to the URL given, then try again.')
}

async function inspect(ports: CompleteUploadPorts, upload: PendingUpload, source: ByteSource): Promise<OriginalFacts> {
  try {
    checkSize(upload, source)
    return await inspectOriginal(source, ports.readExif)
  } catch (error) {
    if (error instanceof ImageError && error.code === 'original_missing') throw await whyAbsent(ports, upload)
    const refusal = asRefusal(error)
    if (refusal === null) throw error
    // The reason first: whoever does not find the bytes any more finds that.
    await ports.uploads.refuse(upload.id, refusal)
    await discard(ports, upload)
    throw new UploadRefused(refusal)
  }
}

function checkSize({ size: declared }: PendingUpload, { size }: ByteSource): void {
  if (size === declared) return
  throw new RequestError(
    422,
    'checksum_mismatch',
    `Expected ${declared} bytes as declared, received ${size}. Begin a new upload.`,
  )
}

/** Null for a failure that says nothing about the bytes. */
function asRefusal(error: unknown): Refusal | null {
  const refused = error instanceof ImageError && error.disposition === 'reject' ? toRequestError(error) : error
  if (!(refused instanceof RequestError)) return null
  const { status, code, message } = refused
  return { status, code, message }
}
