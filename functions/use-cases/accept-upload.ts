import { createHash } from 'node:crypto'
import type { UploadedResponse } from '@glowworm/events/http-api'
import { imageCreated } from '../core/events-of-image.ts'
import { isForgotten, newImage } from '../core/image-lifecycle.ts'
import { originalKey } from '../core/object-keys.ts'
import type { Ambient, Images, Originals, Settings } from '../core/ports.ts'
import { checkDirectUpload, checkFilename } from '../core/upload-policy.ts'
import { createRecord, recordThatExists } from './create-record.ts'
import { type DispatchPorts, dispatch } from './dispatch.ts'
import { inspectOriginal, type ReadExif, sourceOf } from './inspect-original.ts'
import { newJob, sameJob } from './queue-job.ts'
import { accepted, deletionInProgress, duplicate } from './upload-answers.ts'

export interface AcceptUploadPorts extends DispatchPorts {
  readonly images: Images
  readonly originals: Originals
  readonly settings: Settings
  readonly readExif: ReadExif
  readonly ambient: Ambient
}

export interface DirectUpload {
  readonly bytes: Uint8Array
  readonly filename: string
  readonly correlationId: string
}

/**
 * A photo whose bytes came with the request. Its answer waits for three things one after another: the object, the
 * record, and the job; everything else happens beside them.
 * @param onIdentified is told the id that the image has, before anything can refuse it
 * @throws RequestError or ImageError for bytes that are refused; nothing of them is kept
 */
export async function acceptUpload(
  ports: AcceptUploadPorts,
  upload: DirectUpload,
  onIdentified: (imageId: string) => void = () => {},
): Promise<UploadedResponse> {
  const { ambient, images, originals } = ports
  checkDirectUpload(upload.bytes.length)
  const id = createHash('sha256').update(upload.bytes).digest('hex')
  onIdentified(id)
  const facts = await inspectOriginal(sourceOf(upload.bytes), ports.readExif)
  const key = originalKey(id, ambient.newId())
  const stored = originals.put(key, upload.bytes, { sha256: id, contentType: facts.mime_type })
  const discard = () => discardObject(ports, key, stored)

  const [existing, settings] = await Promise.all([images.get(id), ports.settings.displaySettings(), stored]).catch(
    async (error: unknown) => {
      await discard()
      throw error
    },
  )
  const job = newJob({ id, correlationId: upload.correlationId }, 'upload', settings, ambient)
  const record = newImage(
    {
      ...facts,
      id,
      original_filename: checkFilename(upload.filename),
      file_size: upload.bytes.length,
      original_key: key,
      correlation_id: upload.correlationId,
      job_id: job.job_id,
      settings_revision: settings.revision,
    },
    ambient.now(),
  )
  // If this throws, the record may be there all the same, so the object must stay.
  const creation = existing === null ? await createRecord(images, record) : recordThatExists(existing)
  if (creation.kind !== 'created') await discard()
  if (creation.kind === 'deleting') throw deletionInProgress()
  if (creation.kind === 'duplicate') {
    if (isForgotten(creation.image, ambient.now())) {
      const job = sameJob(creation.image, await ports.settings.displaySettings(), ambient)
      await dispatch(ports, job, 'high', imageCreated(creation.image, ambient))
    }
    return duplicate(creation.image)
  }
  return accepted(record, await dispatch(ports, job, 'high', imageCreated(record, ambient)))
}

/** Deletes an object that no record names, after its put has ended one way or the other. Left over, it does no harm. */
async function discardObject(ports: AcceptUploadPorts, key: string, stored: Promise<void>): Promise<void> {
  await stored.catch(() => {})
  await ports.originals.delete(key).catch((error: unknown) => {
    ports.log.warn('An object that no record names could not be deleted', { key, error })
  })
}
