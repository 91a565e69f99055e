import { ServiceError } from '../service-error.ts'
import type { ByteRange, ObjectInfo } from './object-store.ts'

export type HeaderValues = (name: string) => string | undefined

function matches(list: string, etag: string): boolean {
  return list.split(',').some((entry) => {
    const candidate = entry.trim()
    return candidate === '*' || candidate.replace(/^W\//, '').replaceAll('"', '') === etag
  })
}

function preconditionFailed(condition: string): ServiceError {
  return new ServiceError(
    412,
    'PreconditionFailed',
    `At least one of the pre-conditions you specified did not hold: ${condition}`,
  )
}

function time(value: string | undefined): number | null {
  const parsed = Date.parse(value ?? '')
  return Number.isNaN(parsed) ? null : parsed
}

/**
 * Whether a reader already has what it asks for (304).
 * @throws ServiceError `PreconditionFailed`
 */
export function isNotModified(value: HeaderValues, info: ObjectInfo): boolean {
  const modified = info.lastModified.getTime()
  const ifMatch = value('if-match')
  const unmodifiedSince = time(value('if-unmodified-since'))
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, info.etag)) throw preconditionFailed('If-Match')
  } else if (unmodifiedSince !== null && modified > unmodifiedSince) {
    throw preconditionFailed('If-Unmodified-Since')
  }
  // RFC 9110: dates count only where no entity tag is given.
  const ifNoneMatch = value('if-none-match')
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, info.etag)
  const modifiedSince = time(value('if-modified-since'))
  return modifiedSince !== null && modified <= modifiedSince
}

/** @throws ServiceError if what is there forbids this write */
export function checkWrite(value: HeaderValues, existing: ObjectInfo | null): void {
  const ifNoneMatch = value('if-none-match')
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new ServiceError(501, 'NotImplemented', 'If-None-Match of PutObject supports only the value *, as on S3.')
  }
  if (ifNoneMatch === '*' && existing !== null) throw preconditionFailed('If-None-Match')
  const ifMatch = value('if-match')
  if (ifMatch === undefined) return
  if (existing === null) throw new ServiceError(404, 'NoSuchKey', 'The specified key does not exist.')
  if (!matches(ifMatch, existing.etag)) throw preconditionFailed('If-Match')
}

/**
 * The bytes that a Range header selects; null, which is all of them, for none and for one that S3 ignores.
 * @throws ServiceError `InvalidRange`
 */
export function rangeOf(rangeHeader: string | undefined, size: number): ByteRange | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(rangeHeader?.trim() ?? '') ?? []
  if (first === '' && last === '') return null
  const range =
    first === ''
      ? { start: Math.max(0, size - Number(last)), end: size - 1 }
      : { start: Number(first), end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null
  if (range.start > range.end) {
    throw new ServiceError(416, 'InvalidRange', 'The requested range is not satisfiable', {
      headers: { 'content-range': `bytes */${size}` },
    })
  }
  return range
}
