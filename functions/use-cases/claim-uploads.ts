import { ulid } from '@glowworm/events/vocabulary'
import { RequestError } from '../core/errors.ts'
import { aboutUpload } from '../core/log-fields.ts'
import { imageIdOf, uploadIdOf } from '../core/object-keys.ts'
import type { ListedObject, PendingUpload } from '../core/ports.ts'
import { type CompleteUploadPorts, completeUpload, UploadRefused } from './complete-upload.ts'

export interface ClaimUploadsPorts extends CompleteUploadPorts {
  /** Until the function times out. */
  readonly remainingMs: () => number
  readonly measure: (metric: 'UploadSettled' | 'UploadRefused' | 'EventUnpublished', value: number) => void
}

/** What is begun then may not come to an end. */
const timeForOneMs = 20_000

/**
 * Originals without a record that belong to an upload all the same. Bytes that began to arrive while the URL held may
 * arrive when the sweep has long closed their upload: storage has accepted them, so it is completed, whoever is still there
 * to hear of it. While the URL holds, it is left to the client and the sweep.
 * One that can be neither completed nor refused keeps no others from it.
 * @returns the objects of no upload, and what went wrong with those of the others; that the time was up, too
 */
export async function claimUploads(
  ports: ClaimUploadsPorts,
  objects: readonly ListedObject[],
): Promise<{ readonly unclaimed: readonly ListedObject[]; readonly failures: readonly unknown[] }> {
  const unclaimed: ListedObject[] = []
  const failures: unknown[] = []
  for (const object of objects) {
    if (ports.remainingMs() < timeForOneMs) {
      failures.push(new Error('The time was up before all uploads whose bytes came late had been looked for.'))
      break
    }
    let upload: PendingUpload | null = null
    try {
      upload = await uploadOf(ports, object)
      if (upload === null) unclaimed.push(object)
      else if (Date.parse(upload.expires_at) <= ports.ambient.now().getTime()) await complete(ports, upload)
    } catch (error) {
      ports.log.error('An upload whose bytes came late could not be completed', {
        ...(upload === null ? { image_id: imageIdOf(object.key) } : aboutUpload(upload)),
        key: object.key,
        error,
      })
      failures.push(error)
    }
  }
  return { unclaimed, failures }
}

/** Others may have put there what has a name of another kind. */
async function uploadOf({ uploads }: ClaimUploadsPorts, { key }: ListedObject): Promise<PendingUpload | null> {
  const id = ulid.safeParse(uploadIdOf(key))
  return id.success ? await uploads.get(id.data) : null
}

async function complete(ports: ClaimUploadsPorts, upload: PendingUpload): Promise<void> {
  const about = aboutUpload(upload)
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
