import type { ImageState } from '#lib/live/image-states.ts'

export interface Neighbours {
  readonly previous: string | null
  readonly next: string | null
}

/** The ids before and after a photo in the order of the gallery; null at the ends, and for a photo that is not in it. */
export function neighboursOf(images: readonly Pick<ImageState, 'image'>[], id: string): Neighbours {
  const index = images.findIndex(({ image }) => image.id === id)
  if (index === -1) return { previous: null, next: null }
  return { previous: images[index - 1]?.image.id ?? null, next: images[index + 1]?.image.id ?? null }
}
