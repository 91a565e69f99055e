import type { HashMessage } from './hash-worker.ts'

const idle: Worker[] = []

const newWorker = () => new Worker(new URL('./hash-worker.ts', import.meta.url), { type: 'module' })

/**
 * SHA-256 of a file as lower-case hex, computed beside the page's own thread.
 * @param onProgress is told how many bytes have been read
 * @throws Error if the file cannot be read; the reason of `signal`
 */
export function hashFile(file: Blob, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const worker = idle.pop() ?? newWorker()
  return new Promise((resolve, reject) => {
    const abort = () => {
      worker.terminate()
      reject(signal.reason)
    }
    const release = () => {
      signal.removeEventListener('abort', abort)
      idle.push(worker)
    }
    signal.addEventListener('abort', abort)
    worker.onerror = () => {
      signal.removeEventListener('abort', abort)
      worker.terminate()
      reject(new Error('This browser cannot read files in the background. Reload the page and try again.'))
    }
    worker.onmessage = ({ data }: MessageEvent<HashMessage>) => {
      if (data.kind === 'progress') return onProgress(data.bytes)
      release()
      if (data.kind === 'hash') resolve(data.sha256)
      else reject(new Error('The file cannot be read. Was it moved, or is it on a disk that is away?'))
    }
    worker.postMessage(file)
  })
}
