import type { Image } from '@glowworm/events/image'

type Thumbnail = Image['renditions'][string]

/** The best that every browser shows comes first; which formats are made is a setting. */
const extensions = ['webp', 'avif', 'jpg'] as const

/** The thumbnails of these sides that there are, all of one format. */
export function thumbnailsOf({ renditions }: Image, sides: readonly number[]): readonly Thumbnail[] {
  for (const extension of extensions) {
    const thumbnails = sides.flatMap((side) => renditions[`${side}.${extension}`] ?? [])
    if (thumbnails.length > 0) return thumbnails
  }
  return []
}

export const largestThumbnail = (image: Image): Thumbnail | null => thumbnailsOf(image, [600, 300, 150])[0] ?? null
