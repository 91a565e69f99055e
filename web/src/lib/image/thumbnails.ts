import type { Image } from '@glowworm/events/image'

type Thumbnail = Image['renditions'][string]

/** The largest there is, in the first format that there is: which formats are made is a setting. */
export function largestThumbnail({ renditions }: Image): Thumbnail | null {
  for (const side of [600, 300, 150]) {
    for (const extension of ['webp', 'avif', 'jpg']) {
      const thumbnail = renditions[`${side}.${extension}`]
      if (thumbnail) return thumbnail
    }
  }
  return null
}
