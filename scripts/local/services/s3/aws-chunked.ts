import { Transform } from 'node:stream'
import { ServiceError } from '../service-error.ts'

type State = 'size' | 'bytes' | 'end-of-bytes' | 'trailers' | 'done' | 'malformed'

/** A chunk's size line or a trailer is never longer. */
const longestLine = 16 * 1024

/**
 * Unpacks `aws-chunked` bodies (`STREAMING-UNSIGNED-PAYLOAD-TRAILER`): chunks of `size CRLF bytes CRLF`, an empty one
 * at the end, then trailing headers. Fails unless exactly `decodedLength` bytes come out.
 */
export class AwsChunkedDecoder extends Transform {
  /** Trailing headers by lower-case name; complete once the stream has ended. */
  readonly trailers: Record<string, string> = {}
  readonly #decodedLength: number
  #decoded = 0
  #state: State = 'size'
  #remaining = 0
  #line = ''

  constructor(decodedLength: number) {
    super()
    this.#decodedLength = decodedLength
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    let rest = chunk
    while (rest.length > 0 && this.#state !== 'malformed') {
      rest = this.#state === 'bytes' ? this.#takeBytes(rest) : this.#takeLine(rest)
    }
    // Failing here would tear down the connection before its sender could read why; the end is soon enough.
    done()
  }

  override _flush(done: (error?: Error | null) => void): void {
    const ended = this.#state === 'done' || (this.#state === 'trailers' && this.#line === '')
    const complete = ended && this.#decoded === this.#decodedLength
    if (this.#state === 'malformed') done(malformed())
    else done(complete ? null : incompleteBody())
  }

  #takeBytes(input: Buffer): Buffer {
    const bytes = input.subarray(0, this.#remaining)
    this.push(bytes)
    this.#decoded += bytes.length
    this.#remaining -= bytes.length
    if (this.#remaining === 0) this.#state = 'end-of-bytes'
    return input.subarray(bytes.length)
  }

  #takeLine(input: Buffer): Buffer {
    const newline = input.indexOf('\n')
    const end = newline === -1 ? input.length : newline
    this.#line += input.toString('latin1', 0, end)
    const ended = newline !== -1
    if (this.#line.length > longestLine || (ended && !this.#line.endsWith('\r'))) {
      this.#state = 'malformed'
    } else if (ended) {
      const line = this.#line.slice(0, -1)
      this.#line = ''
      this.#state = this.#stateAfter(line)
    }
    return input.subarray(newline === -1 ? input.length : newline + 1)
  }

  #stateAfter(line: string): State {
    if (this.#state === 'size' && /^[0-9a-fA-F]{1,12}$/.test(line)) {
      this.#remaining = Number.parseInt(line, 16)
      return this.#remaining === 0 ? 'trailers' : 'bytes'
    }
    if (this.#state === 'end-of-bytes' && line === '') return 'size'
    if (this.#state === 'trailers' && line === '') return 'done'
    const [, name, value] = /^([^:]+):(.*)$/.exec(line) ?? []
    if (this.#state !== 'trailers' || name === undefined || value === undefined) return 'malformed'
    this.trailers[name.trim().toLowerCase()] = value.trim()
    return 'trailers'
  }
}

function malformed(): ServiceError {
  return new ServiceError(400, 'InvalidRequest', 'The aws-chunked body is malformed.')
}

function incompleteBody(): ServiceError {
  return new ServiceError(
    400,
    'IncompleteBody',
    'You did not provide the number of bytes specified by the x-amz-decoded-content-length header.',
  )
}
