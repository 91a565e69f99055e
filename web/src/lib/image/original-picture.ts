import type { Image } from '@glowworm/events/image'
import { thumbnailSides } from '@glowworm/events/vocabulary'
import { bytes } from '#lib/ui/words.ts'

/** What every browser of today shows as a picture. */
const displayable: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'])

/** What is fetched without being asked for, in bytes, at most. */
export const unaskedBytes = 8_000_000

export const isDisplayable = ({ mime_type: type }: Pick<Image, 'mime_type'>): boolean => displayable.has(type)

/** Whether the original is fetched before anybody asks for it: it shows more than the largest thumbnail, and is small. */
export function loadsUnasked(
  image: Pick<Image, 'mime_type' | 'file_size' | 'width' | 'height'>,
  savesData: boolean,
): boolean {
  const hasMore = Math.max(image.width, image.height) > thumbnailSides[2]
  return isDisplayable(image) && hasMore && image.file_size <= unaskedBytes && !savesData
}

/** Why the original is not shown as it is; empty if it can be. */
export function obstacleWords({ mime_type: type }: Pick<Image, 'mime_type'>): string {
  const format = type.replace(/^image\//, '').toUpperCase()
  return displayable.has(type)
    ? ''
    : `Browsers cannot show ${format} files, so this is the largest thumbnail. Download the original to see all of it.`
}

/** `Load the original (12.4 MB)` */
export const loadWords = ({ file_size: size }: Pick<Image, 'file_size'>): string => `Load the original (${bytes(size)})`

/** Whether the person asked to be sparing with data; browsers that do not tell are taken to have plenty. */
export function savesData(): boolean {
  const { connection } = navigator as Navigator & { connection?: { readonly saveData?: boolean } }
  return connection?.saveData === true
}
