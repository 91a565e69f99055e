import type { HttpErrorCode } from '@glowworm/events/http-api'
import { faultsOfFiles } from '@glowworm/events/vocabulary'
import type { Outcome } from '../upload/upload-files.ts'

/** How a photo ends, in the words of a manifest. */
export interface Ending {
  /** Taken and complete; refused, and nothing of it kept; or damaged, which shows at once or while it is processed. */
  readonly expected: 'accept' | 'refuse' | 'fail'
  readonly code: string | null
}

/** What must not become of any file, whatever is in it. */
export type Trouble = 'crashed' | 'stuck' | 'silent'

/** The only good reasons not to show a file: what is wrong with it, and that it is larger than anybody may send. */
const ofTheFile: ReadonlySet<string> = new Set<HttpErrorCode>([...faultsOfFiles, 'payload_too_large'])

/** Null unless the file came to an end. */
export function endingOf({ status, code }: Outcome): Ending | null {
  switch (status) {
    case 'complete':
    case 'duplicate':
      return { expected: 'accept', code: null }
    case 'failed':
      return { expected: 'fail', code }
    case 'refused':
      // Damage that the header shows already.
      return { expected: code === 'corrupt_image' ? 'fail' : 'refuse', code }
    case 'unfinished':
    case 'error':
      return null
  }
}

/** Null if the file was either shown or refused for a reason that its owner can read. */
export function troubleOf({ status, code, reason, image }: Outcome): Trouble | null {
  if (status === 'unfinished') return 'stuck'
  if (status === 'error' || (code !== null && !ofTheFile.has(code))) return 'crashed'
  if (status === 'complete' || status === 'duplicate') {
    return Object.keys(image?.renditions ?? {}).length === 0 ? 'silent' : null
  }
  return code === null || !reason ? 'silent' : null
}
