import { ImageError } from '../errors.ts'
import type { ByteSource } from '../ports.ts'

/** The first read of every file, in bytes: it holds the whole header of nearly every picture. */
export const headBytes = 64 * 1024

/**
 * The reads that may follow, in bytes. Each is twice the one before it: a JPEG that keeps megabytes of metadata before
 * its frame takes a handful of reads instead of one for every segment, and no file, however large, takes more than
 * these.
 */
export const furtherReads: readonly number[] = [128, 256, 512, 1024, 2048, 4096].map((kibibytes) => kibibytes * 1024)

/** No header of a real picture is made of so many segments, chunks, boxes or blocks. */
const maxViews = 20_000

/** A part of a file. */
export interface ByteRange {
  /** In bytes. */
  readonly size: number
  /** Exactly `length` bytes from `offset`. @throws ImageError `corrupt_image` where the range has no such bytes */
  view(offset: number, length: number): Promise<DataView>
}

/** Something that the header shows to be wrong; `what` completes the sentence "The picture is damaged: …". */
export function corrupt(what: string, options?: ErrorOptions): ImageError {
  return new ImageError(
    'corrupt_image',
    `The picture is damaged: ${what}. Copy or export it again from where it came, and upload that.`,
    options,
  )
}

/** Whether the bytes are to blame, rather than the reading of them. */
export const blamesTheBytes = (error: unknown): boolean =>
  // A DataView that is read past its end throws a RangeError: a length or offset in the file was wrong.
  error instanceof RangeError || (error instanceof ImageError && error.code === 'corrupt_image')

/** Reads of a stored object, few and large, and kept: the parsers ask for bytes in any order and size. */
export class HeaderReader implements ByteRange {
  readonly size: number
  /** The first bytes, up to `headBytes`. */
  readonly head: Uint8Array
  readonly #source: ByteSource
  readonly #chunks: { readonly offset: number; readonly bytes: Uint8Array }[]
  #furtherReads = [...furtherReads]
  #views = 0

  private constructor(source: ByteSource, head: Uint8Array) {
    this.#source = source
    this.size = source.size
    this.head = head
    this.#chunks = [{ offset: 0, bytes: head }]
  }

  static async open(source: ByteSource): Promise<HeaderReader> {
    const length = Math.min(headBytes, source.size)
    return new HeaderReader(source, length === 0 ? new Uint8Array() : await source.read(0, length))
  }

  async view(offset: number, length: number): Promise<DataView> {
    this.#views += 1
    if (this.#views > maxViews) throw corrupt('its header has too many parts')
    if (offset + length > this.size) throw cutOff()
    const holds = (chunk: { offset: number; bytes: Uint8Array }) =>
      chunk.offset <= offset && offset + length <= chunk.offset + chunk.bytes.length
    const chunk = this.#chunks.find(holds) ?? (await this.#read(offset, length))
    return new DataView(chunk.bytes.buffer, chunk.bytes.byteOffset + (offset - chunk.offset), length)
  }

  async #read(offset: number, length: number) {
    const index = this.#furtherReads.findIndex((size) => size >= length)
    const window = this.#furtherReads[index]
    if (window === undefined) throw corrupt('its header is too large or too widely scattered')
    this.#furtherReads = this.#furtherReads.slice(index + 1)
    // A window that would reach beyond the end begins earlier instead: what belongs together often stands together.
    const start = Math.min(offset, Math.max(this.head.length, this.size - window))
    const chunk = { offset: start, bytes: await this.#source.read(start, Math.min(window, this.size - start)) }
    if (offset + length > start + chunk.bytes.length) throw cutOff()
    this.#chunks.push(chunk)
    return chunk
  }
}

const cutOff = () => corrupt('the file ends inside its header')

/** Up to `length` bytes of `whole` from `offset`, as a range of their own. */
export function rangeOf(whole: ByteRange, offset: number, length = Number.POSITIVE_INFINITY): ByteRange {
  const size = Math.max(0, Math.min(length, whole.size - offset))
  return {
    size,
    async view(from, count) {
      if (from + count > size) throw cutOff()
      return whole.view(offset + from, count)
    },
  }
}

/** `length` bytes as text, one character each. */
export function characters(view: DataView, offset: number, length: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + offset, length))
}
