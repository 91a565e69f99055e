import { library } from '#lib/live/library.svelte.ts'
import { server } from '#lib/live/reach.svelte.ts'
import { session } from '#lib/session/session.svelte.ts'
import { pairUp } from './same-file.ts'
import { sortFiles } from './sort-files.ts'
import { type LocalFile, uploadFile } from './transport.ts'
import { type StoredUpload, UnfinishedUploads } from './unfinished-uploads.ts'
import { hasEnded, isUnfinished, totalsOf, type Upload, UploadQueue } from './upload-queue.ts'

/** Between two looks at the uploads, in milliseconds: a frame, and the longer the more of them there are to look at. */
const paceOf = (uploads: number): number => 16 + uploads / 50

/** Why nothing moves although there is something to do. */
export type Hold = 'paused' | 'signed out' | 'offline' | 'no server'

/** The uploads of this page; they go on whatever route is shown. */
class Uploader {
  readonly #queue = new UploadQueue<LocalFile>({
    parallel: 4,
    transport: uploadFile,
    onChange: () => this.#announce(),
  })
  #scheduled: ReturnType<typeof setTimeout> | undefined
  #unfinished: UnfinishedUploads | null = null
  #paused = $state(false)
  uploads = $state.raw<readonly Upload<LocalFile>[]>([])
  /** Left behind by pages that are gone; nobody has said yet what is to become of them. */
  interrupted = $state.raw<readonly StoredUpload[]>([])
  /** To be continued, as soon as their files are chosen again. */
  wanted = $state.raw<readonly StoredUpload[]>([])
  /** Names of what was dropped or chosen last and is no photo. */
  skipped = $state.raw<readonly string[]>([])
  /** Whether unfinished uploads would be lost with this page. */
  forgetful = $state(false)
  /** Ids of all images that are known to have failed; another set only when it is another. */
  #failedImages = $state.raw<ReadonlySet<string>>(new Set())
  readonly totals = $derived(totalsOf(this.uploads))
  /** How many of those that arrived could not be processed. */
  readonly broken: number = $derived(this.uploads.filter((upload) => this.isBroken(upload)).length)
  readonly busy = $derived(this.uploads.some(({ state }) => !hasEnded(state)))
  readonly hold: Hold | null = $derived.by(() => {
    if (this.#paused) return 'paused'
    if (session.expired) return 'signed out'
    return server.reach === 'reachable' ? null : server.reach
  })

  constructor() {
    library.follow((changes) => {
      const failed = new Set(this.#failedImages)
      for (const [id, state] of changes) {
        if (state?.image.processing_status === 'failed') failed.add(id)
        else failed.delete(id)
      }
      if (failed.symmetricDifference(this.#failedImages).size > 0) this.#failedImages = failed
    })
  }

  /** Whether it arrived, and could not be processed. */
  isBroken({ state }: Upload): boolean {
    return 'imageId' in state && this.#failedImages.has(state.imageId)
  }

  /** Begins to keep what is unfinished, and to offer what pages before this one left behind. */
  open(user: string): void {
    this.#unfinished = new UnfinishedUploads(user, {
      onFound: (uploads) => {
        this.interrupted = [...this.interrupted, ...uploads]
      },
      onTrouble: () => {
        this.forgetful = true
      },
    })
  }

  /** Stops and forgets everything: the next person may not see it. */
  close(): void {
    this.#queue.cancelAll()
    this.#queue.clear()
    clearTimeout(this.#scheduled)
    this.#scheduled = undefined
    this.#queue.resume()
    this.#show()
    this.#unfinished?.forget()
    this.#unfinished = null
    this.interrupted = []
    this.wanted = []
    this.skipped = []
  }

  /** Takes what was dropped, pasted or chosen. */
  readonly add = (chosen: Iterable<File>): void => {
    const { photos, others } = sortFiles(chosen)
    this.skipped = others.map(({ name }) => name)
    const awaited = [...this.wanted, ...this.interrupted]
    const likenesses = photos.map(({ name, size, lastModified }) => ({ name, size, modified: lastModified }))
    const pairs = pairUp(awaited, likenesses)
    const found = new Set(pairs)
    this.wanted = this.wanted.filter((one) => !found.has(one))
    this.interrupted = this.interrupted.filter((one) => !found.has(one))
    this.#queue.add(photos.map((photo, index) => localFile(photo, pairs[index]?.key)))
  }

  readonly continueInterrupted = (): void => {
    const kept = this.interrupted.flatMap(({ key, bytes }) => (bytes === null ? [] : [localFile(bytes, key)]))
    this.wanted = [...this.wanted, ...this.interrupted.filter(({ bytes }) => bytes === null)]
    this.interrupted = []
    this.#queue.add(kept)
  }

  readonly discardInterrupted = (): void => {
    this.#unfinished?.discard([...this.interrupted, ...this.wanted].map(({ key }) => key))
    this.interrupted = []
    this.wanted = []
  }

  readonly pause = () => this.#queue.pause()
  readonly resume = () => this.#queue.resume()
  readonly cancel = (id: number) => this.#queue.cancel(id)
  readonly cancelAll = () => this.#queue.cancelAll()
  readonly retry = (id: number) => this.#queue.retry(id)
  readonly retryFailed = () => this.#queue.retryFailed()
  readonly clear = () => this.#queue.clear()
  readonly dismissSkipped = () => {
    this.skipped = []
  }

  /** Progress comes many times a frame. A hidden page has no frames, so that a clock sets the pace. */
  #announce(): void {
    this.#scheduled ??= setTimeout(() => {
      this.#scheduled = undefined
      this.#show()
      this.#unfinished?.keep(this.uploads.filter(isUnfinished).map(({ file }) => file))
    }, paceOf(this.uploads.length))
  }

  #show(): void {
    this.uploads = this.#queue.uploads
    this.#paused = this.#queue.isPaused
  }
}

const localFile = (bytes: File, key: string = crypto.randomUUID()): LocalFile => ({
  key,
  name: bytes.name,
  size: bytes.size,
  bytes,
})

export const uploader = new Uploader()
