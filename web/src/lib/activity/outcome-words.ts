import type { ProcessingStatsResponse, RedriveResponse } from '@glowworm/events/http-api'
import { counted } from '#lib/ui/words.ts'
import type { RetriedAll } from './retry-all.ts'

/** What came of retrying everything, in a sentence or two. */
export function retriedWords({ queued, refused, remaining }: RetriedAll): string {
  const parts = [
    queued > 0 && `${counted(queued, 'photo')} will be processed again.`,
    refused.length > 0 && `${counted(refused.length, 'photo')} could not be taken up.`,
    remaining > 0 && `${counted(remaining, 'photo')} ${remaining === 1 ? 'is' : 'are'} left; try again in a moment.`,
  ]
  return parts.filter(Boolean).join(' ') || 'There was nothing left to retry.'
}

/** What lies there besides dead jobs of photos, a sentence for each kind. */
export function lettersWords({ backfills, direct, updates }: ProcessingStatsResponse['dead_letters']): string[] {
  const others = direct + updates
  return [
    backfills > 0 &&
      `${counted(backfills, 'change')} of display sizes did not get to every photo. A redrive goes on with ${backfills === 1 ? 'it' : 'them'}.`,
    others > 0 &&
      `${counted(others, 'message')} more ${others === 1 ? 'is' : 'are'} looked at every minute; what stays for longer is unreadable, and in no redrive.`,
  ].filter((words) => words !== false)
}

/** What came of a redrive, in a sentence or two. */
export function redrivenWords({ redriven, dropped, kept }: RedriveResponse): string {
  const parts = [
    redriven > 0 && `${counted(redriven, 'job')} sent back to work.`,
    dropped > 0 && `${counted(dropped, 'job')} dropped: nothing was left to do.`,
    kept > 0 && `${counted(kept, 'job')} kept: unreadable, or not possible right now.`,
  ]
  return parts.filter(Boolean).join(' ') || 'No dead job was found. Counts are a moment late; look again soon.'
}
