import { RequestError } from '../core/errors.ts'
import { uploadIdOf } from '../core/object-keys.ts'
import type { ListedObject, PendingUpload } from '../core/ports.ts'
import { type CompleteUploadPorts, completeUpload, UploadRefused } from './complete-upload.ts'

export interface ClaimUploadsPorts extends CompleteUploadPorts {
  readonly measure: (metric: 'UploadSettled' | 'UploadRefused' | 'EventUnpublished', value: number) => void
}

/**
 * Originals without a record that belong to an upload all the same. Bytes that began to arrive while the URL held may
 * arrive when the sweep has long closed their upload: storage has accepted them, so it is completed, whoever is still there
 * to hear of it. While the URL holds, it is left to the client and the sweep.
 * @returns the objects of no upload
 * @throws whatever keeps an upload from being completed or refused
 */
export async function claimUploads(
  ports: ClaimUploadsPorts,
  objects: readonly ListedObject[],
): Promise<readonly ListedObject[]> {
  const unclaimed: ListedObject[] = []
  for (const object of objects) {
    const upload = await ports.uploads.get(uploadIdOf(object.key))
    if (upload === null) unclaimed.push(object)
    else if (Date.parse(upload.expires_at) <= ports.ambient.now().getTime()) await complete(ports, upload)
  }
  return unclaimed
}

async function complete(ports: ClaimUploadsPorts, upload: PendingUpload): Promise<void> {
  const about = { upload_id: upload.id, image_id: upload.sha256, correlation_id: upload.correlation_id }
  try {
    const { is_duplicate } = await completeUpload(ports, upload.id)
    if (is_duplicate !== true) ports.log.warn('An upload whose bytes came after it had expired is complete', about)
    ports.measure('UploadSettled', 1)
  } catch (error) {
    if (error instanceof UploadRefused) {
      ports.log.warn('An upload whose bytes came after it had expired was refused', { ...about, code: error.code })
      ports.measure('UploadRefused', 1)
      await ports.originals.delete(upload.original_key)
      return
    }
    // The image is just being deleted, or the bytes are: the next look tells.
    const isPassing =
      error instanceof RequestError && (error.code === 'deletion_in_progress' || error.code === 'upload_expired')
    if (!isPassing) throw error
  }
}
