import type { HttpErrorCode } from '@glowworm/events/http-api'
import { type ImageErrorCode, limits } from '@glowworm/events/vocabulary'
import { type ImageError, RequestError } from './errors.ts'

/**
 * What can be known of an upload before its bytes are sent.
 * @throws RequestError `unsupported_format` (415) or `payload_too_large` (413)
 */
export function checkDeclared(declared: { /** In bytes. */ readonly size: number }): void {
  refuseEmpty(declared.size)
  if (declared.size <= limits.originalBytes) return
  throw tooLarge(declared.size, limits.originalBytes, 'Make it smaller, and upload that.')
}

/**
 * The size, in bytes, of a body that came through the API itself.
 * @throws RequestError `unsupported_format` (415) or `payload_too_large` (413), which names the call to make instead
 */
export function checkDirectUpload(size: number): void {
  refuseEmpty(size)
  if (size <= limits.directUploadBytes) return
  throw tooLarge(size, limits.directUploadBytes, 'Begin the upload with POST /api/uploads, which takes larger files.', {
    next: 'POST /api/uploads',
  })
}

function refuseEmpty(size: number): void {
  if (size > 0) return
  throw new RequestError(415, 'unsupported_format', 'The file is empty. Choose a picture.')
}

function tooLarge(size: number, limit: number, remedy: string, details: object = {}): RequestError {
  // Of the two kinds of megabyte, the one in which the limit is a round number.
  const unit = limit % 2 ** 20 === 0 ? 2 ** 20 : 1e6
  return new RequestError(
    413,
    'payload_too_large',
    `Expected at most ${megabytes(limit, unit)}, received ${megabytes(size, unit)}. ${remedy}`,
    { details: { size, limit, ...details } },
  )
}

/** Rounded so that a size above a limit never reads like the limit itself. */
const megabytes = (bytes: number, unit: number): string => `${Math.ceil((bytes / unit) * 10) / 10} MB (${bytes} bytes)`

/** Control characters, and those that turn the direction of writing: `gpj.exe` can be made to look like `exe.jpg`. */
const misleading = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu

/** The name to show for what was sent as one: its last path segment. It takes no part in any decision. */
export function checkFilename(sent: string): string {
  const segment = sent.split(/[/\\]/).findLast((part) => part.trim() !== '') ?? ''
  const name = segment.toWellFormed().replaceAll(misleading, '').normalize('NFC').trim()
  return /^\.*$/.test(name) ? 'unnamed' : shortened(name)
}

/** Cuts the stem and keeps the extension; never through the middle of a character. */
function shortened(name: string): string {
  if (name.length <= limits.filenameCharacters) return name
  const extension = /\.[^.\s]{1,16}$/.exec(name)?.[0] ?? ''
  let stem = ''
  for (const character of name.slice(0, name.length - extension.length)) {
    if (stem.length + character.length + extension.length > limits.filenameCharacters) break
    stem += character
  }
  return (stem + extension).trim()
}

/**
 * The header with which a file downloads under its own name, whatever the script (RFC 6266, RFC 8187). Programs that
 * know only the first parameter get an ASCII rendering.
 */
export function contentDisposition(filename: string): string {
  const wellFormed = filename.toWellFormed()
  const ascii = wellFormed
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    // Some programs decode percent signs, and some do not understand escaped quotes.
    .replaceAll(/[^\x20-\x7e]|["\\%]/gu, '_')
  const simple = `attachment; filename="${ascii}"`
  return ascii === wellFormed ? simple : `${simple}; filename*=UTF-8''${extendedValue(wellFormed)}`
}

/** These four are left alone by encodeURIComponent, but are not among the `attr-char` of RFC 8187. */
const extendedValue = (value: string): string =>
  encodeURIComponent(value).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

const answers: Readonly<Record<ImageErrorCode, readonly [status: number, code: HttpErrorCode]>> = {
  unsupported_format: [415, 'unsupported_format'],
  image_too_large: [413, 'image_too_large'],
  corrupt_image: [422, 'corrupt_image'],
  original_missing: [404, 'not_found'],
  storage_unavailable: [503, 'service_unavailable'],
  worker_crashed: [500, 'internal_error'],
  internal_error: [500, 'internal_error'],
}

/** How a request answers that failed because of the image in it. */
export function toRequestError(error: ImageError): RequestError {
  const [status, code] = answers[error.code]
  return new RequestError(status, code, error.message, { cause: error })
}
