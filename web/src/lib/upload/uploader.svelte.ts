import { uploadFile } from './transport.ts'
import { hasEnded, totalsOf, type Upload, UploadQueue } from './upload-queue.ts'

/** The uploads of this page; they go on whatever route is shown. */
class Uploader {
  readonly #queue = new UploadQueue<File>({
    parallel: 4,
    transport: uploadFile,
    onChange: () => this.#announce(),
  })
  #scheduled = false
  uploads = $state.raw<readonly Upload<File>[]>([])
  paused = $state(false)
  readonly totals = $derived(totalsOf(this.uploads))
  readonly busy = $derived(this.uploads.some(({ state }) => !hasEnded(state)))

  readonly add = (files: readonly File[]) => this.#queue.add(files)
  readonly pause = () => this.#queue.pause()
  readonly resume = () => this.#queue.resume()
  readonly cancel = (id: number) => this.#queue.cancel(id)
  readonly cancelAll = () => this.#queue.cancelAll()
  readonly retry = (id: number) => this.#queue.retry(id)
  readonly retryFailed = () => this.#queue.retryFailed()
  readonly clear = () => this.#queue.clear()

  /** Progress comes many times a frame; one look per frame is enough. A hidden page has no frames. */
  #announce(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setTimeout(() => {
      this.#scheduled = false
      this.uploads = this.#queue.uploads
      this.paused = this.#queue.isPaused
    }, 16)
  }
}

export const uploader = new Uploader()
