import type { ImageErrorCode } from '@glowworm/events/vocabulary'

interface FailureWords {
  readonly what: string
  /** What a person can do about it. */
  readonly remedy: string
}

/** What each way to fail means to whoever took the photo. */
export const failureWords: Readonly<Record<ImageErrorCode, FailureWords>> = {
  corrupt_image: {
    what: 'The file is damaged',
    remedy: 'Copy it from the camera or card again, or export it anew, and upload that file. This one can go.',
  },
  image_too_large: {
    what: 'The photo is too large',
    remedy: 'Export it with fewer pixels and upload that file. This one can go.',
  },
  unsupported_format: {
    what: 'The file is of a kind that cannot be read',
    remedy: 'Export it as JPEG, PNG, WebP, AVIF or TIFF and upload that file. This one can go.',
  },
  original_missing: {
    what: 'The original is gone',
    remedy:
      'If it can be put back into the storage, do that and try again. If not, delete this entry and upload the photo once more.',
  },
  storage_unavailable: {
    what: 'The storage did not answer',
    remedy: 'The photo itself is fine. Try again; if it fails once more, look at the activity page.',
  },
  worker_crashed: {
    what: 'The worker stopped in the middle of it',
    remedy: 'Try again. If it keeps happening, the photo needs more memory than a worker has: export it smaller.',
  },
  internal_error: {
    what: 'Something went wrong that nobody foresaw',
    remedy: 'Try again. If it keeps happening, the log of the worker says why.',
  },
}
