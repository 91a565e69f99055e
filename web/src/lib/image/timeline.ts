import type { ImageState } from '#lib/live/image-states.ts'
import { duration } from '#lib/ui/time-words.ts'
import { counted } from '#lib/ui/words.ts'

/** One step of a photo's way to the displays. */
export interface Step {
  readonly name: string
  readonly state: 'done' | 'active' | 'waiting' | 'failed'
  /** When it happened, or will; null if that is not known. */
  readonly at: string | null
  /** How long it took, or why it came to nothing; empty if there is nothing to say. */
  readonly detail: string
}

const since = (from: string, to: string): string => duration(Date.parse(to) - Date.parse(from))

/** What has happened to a photo so far, in order of time, and what comes next. */
export function timelineOf({ image, progress }: ImageState): readonly Step[] {
  const { uploaded_at: uploaded, last_processing_attempt: taken, processing_attempts: attempts } = image
  const thumbnails = image.thumbnail_status === 'complete' ? thumbnailsStep(image) : null
  const areOlder = thumbnails?.at != null && taken !== null && thumbnails.at < taken
  const steps: Step[] = [{ name: 'Uploaded', state: 'done', at: uploaded, detail: '' }]
  if (thumbnails && areOlder) steps.push({ ...thumbnails, detail: '' })
  if (taken !== null) {
    const again = attempts > 1
    // The last of them may be the one that was taken here; and what is cropped or sized anew has failed nothing.
    const failed = image.consecutive_failures - (image.processing_status === 'processing' ? 0 : 1)
    steps.push({
      name: again ? 'Taken by a worker again' : 'Taken by a worker',
      state: 'done',
      at: taken,
      detail: again ? afterFailures(failed) : `waited ${since(uploaded, taken)}`,
    })
  }
  if (thumbnails && !areOlder) steps.push(thumbnails)
  return [...steps, lastStep({ image, progress })]
}

const afterFailures = (count: number): string => (count > 0 ? `after ${counted(count, 'failed attempt')}` : '')

function thumbnailsStep({ thumbnails_completed_at: at, last_processing_attempt: taken }: ImageState['image']): Step {
  const detail = at !== null && taken !== null ? `took ${since(taken, at)}` : ''
  return { name: 'Thumbnails ready', state: 'done', at, detail }
}

function lastStep({ image, progress }: ImageState): Step {
  const { processing_error: error, consecutive_failures: failures, next_retry_at: next } = image
  switch (image.processing_status) {
    case 'complete': {
      const at = image.processing_completed_at
      const from = [image.last_processing_attempt, image.thumbnails_completed_at].filter((time) => time !== null).sort()
      const latest = from.findLast((time) => at !== null && time <= at)
      return {
        name: 'Ready for every display',
        state: 'done',
        at,
        detail: at !== null && latest ? `took ${since(latest, at)}` : '',
      }
    }
    case 'processing': {
      const name = image.thumbnail_status === 'complete' ? 'Making the files for displays' : 'Making thumbnails'
      return { name, state: 'active', at: null, detail: progress > 0 ? `${Math.round(progress)} %` : '' }
    }
    case 'pending': {
      if (next === null) return { name: 'Waiting for a worker', state: 'active', at: null, detail: '' }
      const detail = error === null ? '' : `the last one failed: ${error.message}`
      return { name: 'Next attempt', state: 'waiting', at: next, detail }
    }
    case 'failed': {
      const detail = [failures > 1 ? `${failures} attempts in a row:` : '', error?.message ?? ''].join(' ').trim()
      return { name: 'Failed', state: 'failed', at: null, detail }
    }
  }
}
