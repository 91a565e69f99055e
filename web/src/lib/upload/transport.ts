import { limits } from '@glowworm/events/vocabulary'
import { api } from '#lib/api/api.ts'
import { Refused } from '#lib/api/errors.ts'
import { library } from '#lib/live/library.svelte.ts'
import { server } from '#lib/live/reach.svelte.ts'
import { hashFile } from './hash-file.ts'
import { putBytes } from './put-bytes.ts'
import { isFinal, tooLarge } from './refusals.ts'
import type { Transport, UploadOutcome, UploadStep } from './upload-queue.ts'
import { pause, withRetries } from './with-retries.ts'

/** A file of this device on its way. */
export interface LocalFile {
  /** Names it across reloads. */
  readonly key: string
  readonly name: string
  readonly size: number
  readonly bytes: File
}

/** SHA-256 of what was read already: nothing is read twice. */
const hashes = new WeakMap<File, string>()
const times = { pause, whenReachable: server.whenReachable, answers: server.answers, random: Math.random }

/** Hash, ask, send, say so. A file that the server has ends after the question: none of its bytes move. */
export const uploadFile: Transport<LocalFile> = async (file, report, signal) => {
  const refusal = tooLarge(file.size, limits.originalBytes)
  if (refusal !== null) return { kind: 'refused', reason: refusal }
  try {
    return await send(file, report, signal).catch((error: unknown) => {
      // The leave to send it ran out, as it may while a device sleeps or nobody is signed in. A new one costs a question.
      if (error instanceof Refused && error.code === 'storage_403') return send(file, report, signal)
      throw error
    })
  } catch (error) {
    if (error instanceof Refused && error.code === 'storage_400') hashes.delete(file.bytes)
    if (isFinal(error)) return { kind: 'refused', reason: error.message }
    throw error
  }
}

async function send(
  { name, size, bytes: file }: LocalFile,
  report: (step: UploadStep) => void,
  signal: AbortSignal,
): Promise<UploadOutcome> {
  const retrying = <Result>(act: () => Promise<Result>) => withRetries(act, times, signal)
  const sha256 = hashes.get(file) ?? (await hashFile(file, (bytes) => report({ kind: 'reading', bytes }), signal))
  hashes.set(file, sha256)
  const request = {
    filename: name.slice(-limits.filenameCharacters),
    size,
    content_type: file.type.slice(0, 255),
    sha256,
  }
  const begun = await retrying(() => api.beginUpload(request, signal))
  if (!('upload' in begun)) {
    library.take([begun.data])
    return { kind: 'duplicate', imageId: begun.data.id }
  }
  await retrying(() => {
    report({ kind: 'sending', bytes: 0 })
    return putBytes(begun.upload, file, (bytes) => report({ kind: 'sending', bytes }), signal)
  })
  report({ kind: 'checking' })
  const { data, is_duplicate } = await retrying(() => api.completeUpload(begun.upload.id, signal))
  library.take([data])
  return { kind: is_duplicate ? 'duplicate' : 'added', imageId: data.id }
}
