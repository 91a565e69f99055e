import type { Image } from '@glowworm/events/image'

type Rendition = Image['renditions'][string]

export interface ListedRendition extends Rendition {
  /** `1080x1920.webp` */
  readonly name: string
  /** Short, and stable whatever it leads to: a person can type it. Relative to the site, as `url` is. */
  readonly shortUrl: string
}

export interface RenditionGroup {
  readonly title: string
  readonly renditions: readonly ListedRendition[]
}

/** The renditions that there are, small ones first; without groups that are empty. */
export function renditionGroups(image: Pick<Image, 'id' | 'renditions'>): readonly RenditionGroup[] {
  const all = Object.entries(image.renditions)
    .map(([name, rendition]) => ({ ...rendition, name, shortUrl: `/media/${image.id}/${name}` }))
    .sort((a, b) => a.width * a.height - b.width * b.height || (a.name < b.name ? -1 : 1))
  const isForDisplay = ({ name }: ListedRendition) => name.includes('x')
  return [
    { title: 'For displays', renditions: all.filter(isForDisplay) },
    { title: 'Thumbnails', renditions: all.filter((rendition) => !isForDisplay(rendition)) },
  ].filter(({ renditions }) => renditions.length > 0)
}
