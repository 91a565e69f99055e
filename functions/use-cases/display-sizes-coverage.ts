import type { DisplaySizesCoverageResponse } from '@glowworm/events/http-api'
import { percentile } from '../core/percentile.ts'
import type { Images, Settings } from '../core/ports.ts'
import { renditionName } from '../core/rendition-plan.ts'

export interface DisplaySizesCoveragePorts {
  readonly images: Images
  readonly settings: Settings
  /** Images that are rendered anew at the same time. */
  readonly concurrency: number
}

/** Counting more would only make the answer late. */
const countAtMost = 10_000

/** The newest complete images tell how long one takes, however long ago they were rendered. */
const sampleSize = 50

/** How many images have each display size in every format, and how fast more of them can be made. */
export async function displaySizesCoverage(ports: DisplaySizesCoveragePorts): Promise<DisplaySizesCoverageResponse> {
  const { displaySizes, formats } = await ports.settings.displaySettings()
  const groups = displaySizes.map((size) => formats.map((format) => renditionName(size, format)))
  const [{ images, failed, having }, duration] = await Promise.all([
    ports.images.countVariants(groups, countAtMost),
    usualDuration(ports.images),
  ])
  return {
    images,
    failed,
    sizes: Object.fromEntries(displaySizes.map((size, index) => [size, { complete: having[index] ?? 0 }])),
    counted_at_most: countAtMost,
    estimate: { ms_per_image: duration === null ? null : duration / ports.concurrency },
  }
}

/** Of the last attempt at an image, in milliseconds; null if none is complete. */
async function usualDuration(images: Images): Promise<number | null> {
  const query = { status: 'complete', text: null, sort: '-uploaded_at', limit: sampleSize, cursor: null } as const
  const { records } = await images.list(query)
  const durations = records.flatMap(({ last_processing_attempt: began, processing_completed_at: ended }) =>
    began === null || ended === null ? [] : [Math.max(1, Date.parse(ended) - Date.parse(began))],
  )
  return percentile(durations, 50)
}
