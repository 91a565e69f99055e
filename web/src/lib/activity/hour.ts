import type { ProcessingStatsResponse, RecentStep } from '@glowworm/events/http-api'
import { clockTime, duration } from '#lib/ui/time-words.ts'
import { counted } from '#lib/ui/words.ts'

type Recent = ProcessingStatsResponse['recent']

/** Steps in the last hour. */
const stepsShown = 30

/** The hour that the charts show, in milliseconds since 1970. It is the same when only a part of it could be read. */
export function spanOf({ series, step_ms }: Recent): readonly [from: number, until: number] {
  const until = Date.parse(series.at(-1)?.from ?? new Date().toISOString()) + step_ms
  return [until - stepsShown * step_ms, until]
}

/** A round number for the top of a scale, at or above `highest`; half of it is round too. */
export function roundTop(highest: number, atLeast: number): number {
  const wanted = Math.max(highest, atLeast)
  const power = 10 ** Math.floor(Math.log10(wanted))
  const factor = [1, 2, 4, 6, 8].find((each) => each * power >= wanted) ?? 10
  return factor * power === 1 ? 2 : factor * power
}

/** Full quarters of an hour within the span, in milliseconds since 1970. */
export function quarters([from, until]: readonly [number, number]): number[] {
  const quarter = 15 * 60_000
  const first = Math.ceil(from / quarter) * quarter
  return Array.from({ length: Math.floor((until - first) / quarter) + 1 }, (_, index) => first + index * quarter)
}

/** `14:32 to 14:34`. */
export const timeOf = ({ from }: RecentStep, stepMs: number): string =>
  `${clockTime(new Date(from))} to ${clockTime(new Date(Date.parse(from) + stepMs))}`

export const throughputWords = ({ processed, failed }: RecentStep): string =>
  processed + failed === 0 ? 'nothing ended' : `${processed} completed${failed > 0 ? `, ${failed} failed` : ''}`

export const durationWords = ({ p50_ms, p95_ms }: RecentStep): string =>
  p50_ms === null || p95_ms === null
    ? 'nothing completed'
    : `half within ${duration(p50_ms)}, 95 % within ${duration(p95_ms)}`

/** What the first chart says, in a sentence. */
export function throughputSummary({ series, step_ms, processed, failed }: Recent): string {
  const busiest = series.reduce<RecentStep | null>(
    (most, step) => (step.processed + step.failed > (most === null ? 0 : most.processed + most.failed) ? step : most),
    null,
  )
  if (busiest === null) return 'Nothing ended in the last hour.'
  return `In the last hour ${counted(processed, 'job')} completed and ${failed} failed. Most happened from ${timeOf(busiest, step_ms)}: ${throughputWords(busiest)}.`
}

/** What the second chart says, in a sentence. */
export function durationSummary({ p50_ms, p95_ms }: Recent): string {
  if (p50_ms === null || p95_ms === null) return 'Nothing completed in the last hour.'
  return `In the last hour half of the jobs took no longer than ${duration(p50_ms)}, and 95 % no longer than ${duration(p95_ms)}.`
}

/** Steps in which something ended, the latest first. */
export const eventful = ({ series }: Recent): RecentStep[] =>
  series.filter(({ processed, failed }) => processed + failed > 0).toReversed()
