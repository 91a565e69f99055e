import { Refused } from '#lib/api/errors.ts'
import { bytes } from '#lib/ui/words.ts'

/** Answers to one attempt, not to the file: one that begins anew may be answered otherwise. */
const ofTheAttempt: ReadonlySet<string> = new Set([
  'storage_400',
  'storage_403',
  'upload_not_found',
  'upload_not_received',
  'upload_expired',
  'deletion_in_progress',
  'unauthorized',
])

/** Whether the same file would be answered the same again. */
export function isFinal(error: unknown): error is Refused {
  if (!(error instanceof Refused) || ofTheAttempt.has(error.code)) return false
  return error.status >= 400 && error.status < 500 && error.status !== 429
}

/** Why a file of this size cannot be taken; null if it can. @param limit in bytes, whole mebibytes */
export function tooLarge(size: number, limit: number): string | null {
  if (size <= limit) return null
  return `It is too large: a photo can have ${limit / 2 ** 20} MB at most, and this one has ${bytes(size)}.`
}
