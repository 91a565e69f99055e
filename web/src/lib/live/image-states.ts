import type { Image } from '@glowworm/events/image'
import type { ImageEvent } from '@glowworm/events/image-events'

/** What can be shown of one image: its newest state, and how far its processing has come. */
export interface ImageState {
  readonly image: Image
  /** 0 to 100. */
  readonly progress: number
}

/**
 * All that has been learnt of one image. Each field only ever grows: whatever the order in which facts come, and
 * however often each comes, the outcome is the same.
 */
export interface ImageFacts {
  /** The state of the highest revision that was seen. */
  readonly image: Image | null
  /** The furthest progress within the highest revision that told of any. */
  readonly mark: { readonly revision: number; readonly progress: number }
  /** Revision of the latest deletion; 0 if none is known. An older state that comes late does not undo it. */
  readonly deletedAt: number
}

export const nothingKnown: ImageFacts = { image: null, mark: { revision: 0, progress: 0 }, deletedAt: 0 }

/** Takes in a state that was fetched. */
export function see(facts: ImageFacts, image: Image): ImageFacts {
  const known = withImage(facts, image)
  // While it is processed, a state does not tell how far it is.
  return image.processing_status === 'processing' ? known : withMark(known, image.revision, 0)
}

/** Takes in an event. */
export function hear(facts: ImageFacts, event: ImageEvent): ImageFacts {
  if (event.type === 'image:deleted') return forget(facts, event.revision)
  const known = event.type === 'image:processing:progress' ? facts : see(facts, event.data.image)
  return withMark(known, event.revision, event.progress)
}

/** Takes in that the image was deleted after `revision`. */
export function forget(facts: ImageFacts, revision: number): ImageFacts {
  return revision <= facts.deletedAt ? facts : { ...facts, deletedAt: revision }
}

/** Null for an image that does not exist, as far as is known. */
export function stateOf({ image, mark, deletedAt }: ImageFacts): ImageState | null {
  if (image === null || image.revision <= deletedAt) return null
  const progress = { pending: 0, processing: mark.progress, complete: 100, failed: 0 }[image.processing_status]
  return { image, progress }
}

function withImage(facts: ImageFacts, image: Image): ImageFacts {
  return image.revision > (facts.image?.revision ?? 0) ? { ...facts, image } : facts
}

function withMark(facts: ImageFacts, revision: number, progress: number): ImageFacts {
  const { mark } = facts
  const isFurther = revision > mark.revision || (revision === mark.revision && progress > mark.progress)
  return isFurther ? { ...facts, mark: { revision, progress } } : facts
}
