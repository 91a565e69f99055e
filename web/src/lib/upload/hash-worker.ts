import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** What the worker says of the one file that it was given. */
export type HashMessage =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'hash'; readonly sha256: string }
  | { readonly kind: 'unreadable' }

const say = (message: HashMessage) => self.postMessage(message)

/** Reads the file piece by piece, so that its size does not matter to memory. */
async function hash(file: Blob): Promise<void> {
  const state = sha256.create()
  let bytes = 0
  const reader = file.stream().getReader()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    state.update(piece.value)
    bytes += piece.value.length
    say({ kind: 'progress', bytes })
  }
  say({ kind: 'hash', sha256: bytesToHex(state.digest()) })
}

self.onmessage = ({ data }: MessageEvent<Blob>) => {
  hash(data).catch(() => say({ kind: 'unreadable' }))
}
