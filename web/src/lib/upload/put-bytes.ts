import type { BeganUploadResponse } from '@glowworm/events/http-api'
import { Refused, Unreachable } from '#lib/api/errors.ts'

/** Storage that takes no byte and gives no answer for this long has gone away, in milliseconds. */
const patience = 60_000

/**
 * Sends a file straight to storage. Not `fetch`: it tells no progress of what it sends.
 * @param onProgress is told how many bytes have left
 * @throws Refused, Unreachable, or the reason of `signal`
 */
export function putBytes(
  upload: BeganUploadResponse['upload'],
  file: Blob,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = () => request.abort()
    signal.addEventListener('abort', abort)
    let silence: ReturnType<typeof setTimeout> | undefined
    const listen = () => {
      clearTimeout(silence)
      silence = setTimeout(abort, patience)
    }
    request.upload.onprogress = ({ loaded }) => {
      listen()
      onProgress(loaded)
    }
    request.onabort = () => reject(signal.aborted ? signal.reason : new Unreachable('Storage does not answer.'))
    request.onerror = () => reject(new Unreachable('The connection to storage broke off.'))
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve()
      reject(new Refused(request.status, `storage_${request.status}`, reasonFor(request.status)))
    }
    request.onloadend = () => {
      clearTimeout(silence)
      signal.removeEventListener('abort', abort)
    }
    request.open(upload.method, upload.url)
    for (const [name, value] of Object.entries(upload.headers)) request.setRequestHeader(name, value)
    listen()
    request.send(file)
  })
}

/** Storage answers in XML, for programs. */
function reasonFor(status: number): string {
  if (status === 403) return 'The time for this upload has run out. Try again.'
  if (status === 400) return 'The file changed while it was uploaded. Try again.'
  return `Storage did not take the file (HTTP ${status}).`
}
