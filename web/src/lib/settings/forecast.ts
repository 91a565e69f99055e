import type { DisplaySizesCoverageResponse } from '@glowworm/events/http-api'

/** How far one size has come. */
export interface Coverage {
  readonly complete: number
  readonly images: number
}

/** When a size was first seen unfinished, and how far it was then. */
export interface Start {
  readonly at: number
  readonly complete: number
}

/** So many have to be done before their pace says more than the estimate. */
const enoughToTell = 3

export const coverageOf = ({ sizes, images }: DisplaySizesCoverageResponse, size: string): Coverage => ({
  complete: Math.min(images, sizes[size]?.complete ?? 0),
  images,
})

export const isFull = ({ complete, images }: Coverage): boolean => complete >= images

/** Whether there are more images than were counted. */
export const isCutOff = ({ images, failed, counted_at_most }: DisplaySizesCoverageResponse): boolean =>
  images + failed >= counted_at_most

/** Where each unfinished size began, after a new count: those that are finished are forgotten. */
export function startsAfter(
  starts: ReadonlyMap<string, Start>,
  counted: DisplaySizesCoverageResponse,
  at: number,
): ReadonlyMap<string, Start> {
  const unfinished = Object.keys(counted.sizes).filter((size) => !isFull(coverageOf(counted, size)))
  return new Map(
    unfinished.map((size) => {
      const { complete } = coverageOf(counted, size)
      const start = starts.get(size)
      // Fewer than before: it begins anew, as when other formats are asked for.
      return [size, start !== undefined && start.complete <= complete ? start : { at, complete }]
    }),
  )
}

/**
 * How long until every image has the size, in milliseconds: at the pace seen so far, or before there is one, at that of
 * earlier work. Null if neither tells.
 */
export function timeLeft(
  { complete, images }: Coverage,
  start: Start | undefined,
  now: number,
  msPerImage: number | null,
): number | null {
  const done = start === undefined ? 0 : complete - start.complete
  const pace = start !== undefined && done >= enoughToTell ? (now - start.at) / done : msPerImage
  return pace === null ? null : pace * (images - complete)
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** `about 3 minutes`: no more exact than an estimate is. */
export function roughly(ms: number): string {
  if (ms < 8_000) return 'a few seconds'
  if (ms < 50_000) return `about ${Math.ceil(ms / 10_000) * 10} seconds`
  if (ms < 1.5 * minute) return 'about a minute'
  if (ms < 55 * minute) return `about ${Math.round(ms / minute)} minutes`
  if (ms < 1.5 * hour) return 'about an hour'
  if (ms < 36 * hour) return `about ${Math.round(ms / hour)} hours`
  return `about ${Math.round(ms / day)} days`
}
