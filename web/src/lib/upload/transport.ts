import { limits } from '@glowworm/events/vocabulary'
import { api } from '#lib/api/api.ts'
import { library } from '#lib/live/library.svelte.ts'
import { bytes } from '#lib/ui/words.ts'
import { hashFile } from './hash-file.ts'
import { putBytes } from './put-bytes.ts'
import type { Transport } from './upload-queue.ts'
import { browserTimes, withRetries } from './with-retries.ts'

/** Hash, ask, send, say so. A file that the server has ends after the question: none of its bytes move. */
export const uploadFile: Transport<File> = async (file, report, signal) => {
  if (file.size > limits.originalBytes) {
    throw new Error(`Expected at most ${bytes(limits.originalBytes)}, this file has ${bytes(file.size)}.`)
  }
  const retrying = <Result>(act: () => Promise<Result>) => withRetries(act, browserTimes, signal)
  const sha256 = await hashFile(file, (bytes) => report({ kind: 'reading', bytes }), signal)
  const request = {
    filename: file.name.slice(-limits.filenameCharacters),
    size: file.size,
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
