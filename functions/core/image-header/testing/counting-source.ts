import type { ByteSource } from '../../ports.ts'

/** A file in memory that counts what is read of it, as storage would charge for it. */
export class CountingSource implements ByteSource {
  readonly size: number
  reads = 0
  bytesRead = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.size = bytes.length
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.reads += 1
    const bytes = this.#bytes.subarray(offset, offset + length)
    this.bytesRead += bytes.length
    return bytes
  }
}
