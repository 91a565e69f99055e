import type { BeganUploadResponse } from '@glowworm/events/http-api'
import { Refused, Unreachable } from '#lib/api/errors.ts'

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
    request.upload.onprogress = ({ loaded }) => onProgress(loaded)
    request.onabort = () => reject(signal.reason)
    request.onerror = () => reject(new Unreachable('The connection to storage broke off.'))
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve()
      reject(new Refused(request.status, `http_${request.status}`, reasonFor(request.status)))
    }
    request.onloadend = () => signal.removeEventListener('abort', abort)
    request.open(upload.method, upload.url)
    for (const [name, value] of Object.entries(upload.headers)) request.setRequestHeader(name, value)
    request.send(file)
  })
}

/** Storage answers in XML, for programs. */
function reasonFor(status: number): string {
  if (status === 403) return 'The time for this upload has run out. Try again.'
  if (status === 400) return 'The bytes changed on their way, or the file changed on disk. Try again.'
  return `Storage did not take the file (HTTP ${status}).`
}
