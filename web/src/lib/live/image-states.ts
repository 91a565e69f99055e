import type { Image } from '@glowworm/events/image'
import type { ImageEvent } from '@glowworm/events/image-events'

/** What is known of one image: its newest state, and how far its processing has come. */
export interface ImageState {
  readonly image: Image
  /** 0 to 100. */
  readonly progress: number
}

export type ImageStates = ReadonlyMap<string, ImageState>

/** Deleted images leave a mark, so that an older event that comes late does not bring them back. */
export interface Known {
  readonly states: ImageStates
  readonly deleted: ReadonlyMap<string, number>
}

export const nothingKnown: Known = { states: new Map(), deleted: new Map() }

const progressOf = (image: Image): number => (image.processing_status === 'complete' ? 100 : 0)

/** Takes in a state that was fetched. An older one than is known changes nothing. */
export function see(known: Known, image: Image): Known {
  if ((known.deleted.get(image.id) ?? 0) >= image.revision) return known
  const before = known.states.get(image.id)
  if (before !== undefined && before.image.revision >= image.revision) return known
  const progress = Math.max(progressOf(image), image.processing_status === 'processing' ? (before?.progress ?? 0) : 0)
  return { ...known, states: new Map(known.states).set(image.id, { image, progress }) }
}

/**
 * Takes in an event. Whatever the order in which events come, and however often each comes, the outcome is the same:
 * the newest revision of each image, and the furthest progress within it.
 */
export function hear(known: Known, event: ImageEvent): Known {
  if (event.type === 'image:deleted') {
    if ((known.deleted.get(event.image_id) ?? 0) >= event.revision) return known
    const states = new Map(known.states)
    if ((states.get(event.image_id)?.image.revision ?? 0) <= event.revision) states.delete(event.image_id)
    return { states, deleted: new Map(known.deleted).set(event.image_id, event.revision) }
  }
  if (event.type !== 'image:processing:progress') return see(known, event.data.image)
  const before = known.states.get(event.image_id)
  if (before === undefined || before.image.revision > event.revision || before.progress >= event.progress) return known
  return { ...known, states: new Map(known.states).set(event.image_id, { ...before, progress: event.progress }) }
}
