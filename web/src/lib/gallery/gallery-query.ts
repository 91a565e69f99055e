import { type ImageSort, imageSort } from '@glowworm/events/http-api'
import type { Image } from '@glowworm/events/image'
import { type ProcessingStatus, processingStatus } from '@glowworm/events/vocabulary'

/** Which images the gallery shows, in which order, and how. It lives in the page's address. */
export interface GalleryQuery {
  readonly q: string
  readonly status: ProcessingStatus | null
  readonly sort: ImageSort
  readonly view: GalleryLayout
}

export type GalleryLayout = 'grid' | 'list'

const firstSort: ImageSort = '-uploaded_at'

/** Anything that is not a query is as if it were absent: people edit addresses. */
export function queryFrom(parameters: Pick<URLSearchParams, 'get'>): GalleryQuery {
  return {
    q: (parameters.get('q') ?? '').trim().slice(0, 100),
    status: processingStatus.safeParse(parameters.get('status')).data ?? null,
    sort: imageSort.safeParse(parameters.get('sort')).data ?? firstSort,
    view: parameters.get('view') === 'list' ? 'list' : 'grid',
  }
}

/** What the API is asked, as far as it differs from the first view of the gallery. */
export function parametersOf({ q, status, sort }: GalleryQuery): Record<string, string> {
  return {
    ...(q !== '' && { q }),
    ...(status !== null && { status }),
    ...(sort !== firstSort && { sort }),
  }
}

/** Path of the gallery that shows this query. */
export function addressOf(query: GalleryQuery): string {
  const parameters = new URLSearchParams({ ...parametersOf(query), ...(query.view === 'list' && { view: 'list' }) })
  return parameters.size === 0 ? '/' : `/?${parameters}`
}

/** Whether both list the same images in the same order. */
export const listSame = (a: GalleryQuery, b: GalleryQuery): boolean =>
  a.q === b.q && a.status === b.status && a.sort === b.sort

export const isFiltered = ({ q, status }: GalleryQuery): boolean => q !== '' || status !== null

/** As the server compares: some systems write `ö` as two characters. */
const comparable = (text: string): string => text.normalize('NFC').toLowerCase()

/** Whether the server would list the image under this query. */
export function matches({ q, status }: GalleryQuery, image: Image): boolean {
  if (status !== null && image.processing_status !== status) return false
  if (q === '') return true
  const searched = [image.original_filename, image.title, image.exif?.camera_make, image.exif?.camera_model]
  const text = comparable(searched.filter((part) => part).join('\n'))
  return comparable(q)
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** Order of the server's list: negative if `a` comes first. Ties have no order there; here they have one, so that nothing jumps. */
export function comparator({ sort }: GalleryQuery): (a: Image, b: Image) => number {
  const key = sort.endsWith('uploaded_at')
    ? ({ uploaded_at }: Image) => uploaded_at
    : ({ original_filename }: Image) => comparable(original_filename)
  const direction = sort.startsWith('-') ? -1 : 1
  return (a, b) => direction * order(key(a), key(b)) || order(a.id, b.id)
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
