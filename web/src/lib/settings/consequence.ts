import type { DisplaySizesCoverageResponse, DisplaySizesResponse } from '@glowworm/events/http-api'
import { counted } from '#lib/ui/words.ts'
import { isCutOff, roughly } from './forecast.ts'
import { formatNames, listed } from './format-words.ts'

/** What follows from adding a size or formats, before it begins. */
export function consequence(
  counts: DisplaySizesCoverageResponse | null,
  formats: DisplaySizesResponse['formats'],
): string {
  if (counts === null) return 'Counting the photos…'
  const names = listed(formats.map((format) => formatNames[format]))
  if (counts.images === 0) return `There are no photos yet; new ones will have it in ${names}.`
  const more = isCutOff(counts) ? 'More than ' : ''
  const who = `${more}${counted(counts.images, 'photo')} will be rendered in ${names}, behind all other work.`
  const { ms_per_image: ms } = counts.estimate
  if (ms === null) return `${who} How long that takes is not known yet.`
  return `${who} At the pace of the latest work that takes ${more && 'more than '}${roughly(ms * counts.images)}.`
}
