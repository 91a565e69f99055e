import type { ProcessingStatsResponse, RecentStep } from '@glowworm/events/http-api'
import { percentile } from '../core/percentile.ts'
import type { Ambient, DeadLetterCounts, Images, ProcessingEnd, ProcessingHistory, QueueDepths } from '../core/ports.ts'

export interface ProcessingStatsPorts {
  readonly images: Images
  readonly queueDepths: QueueDepths
  readonly deadLetterCounts: DeadLetterCounts
  readonly history: ProcessingHistory
  readonly ambient: Ambient
}

/** Counting more would only make the answer late. */
const countAtMost = 10_000

const stepMs = 120_000
const steps = 30

/**
 * How processing is doing: what waits, what there is, and how fast the last hour was.
 *
 * Made to be asked every few seconds. The answer has about 4 KB. It costs 9 requests to SQS, and read units by what
 * there is: about 15 for each 1,000 images (up to 10,000 of a status), 12 for each 500 ends within the hour (up to
 * 5,000), 2 besides. A small library costs about 5 units a call, the largest about 750.
 */
export async function processingStats(ports: ProcessingStatsPorts): Promise<ProcessingStatsResponse> {
  const now = ports.ambient.now()
  const count = (status: Parameters<Images['count']>[0]) => ports.images.count(status, countAtMost)
  // Steps begin at round times: the same end is in the same step whenever it is asked for.
  const lastStep = Math.floor(now.getTime() / stepMs) * stepMs
  const [queues, deadLetters, { ends, from }, pending, processing, complete, failed, oldestPending] = await Promise.all(
    [
      ports.queueDepths.read(),
      ports.deadLetterCounts.read(),
      ports.history.endsSince(new Date(lastStep - (steps - 1) * stepMs)),
      count('pending'),
      count('processing'),
      count('complete'),
      count('failed'),
      ports.images.list({ status: 'pending', text: null, sort: 'uploaded_at', limit: 1, cursor: null }),
    ],
  )
  // A worker that is not sure whether it was heard says the same again. Newest first, so what stays is the first time.
  const distinct = [...new Map(ends.map((end) => [`${end.imageId} ${end.revision}`, end])).values()]
  const totals = sumUp(distinct)
  const minutes = Math.max(1, (now.getTime() - from.getTime()) / 60_000)
  return {
    queues,
    dead_letters: deadLetters,
    images: { pending, processing, complete, failed, counted_at_most: countAtMost },
    oldest_pending_at: oldestPending.records[0]?.updated_at ?? null,
    recent: {
      since: from.toISOString(),
      ...totals,
      processed_per_minute: Math.round((totals.processed / minutes) * 100) / 100,
      step_ms: stepMs,
      series: seriesOf(distinct, from, lastStep),
    },
  }
}

function sumUp(ends: readonly ProcessingEnd[]): Omit<RecentStep, 'from'> {
  const durations = ends.flatMap(({ durationMs }) => (durationMs === null ? [] : [durationMs]))
  const processed = ends.filter(({ status }) => status === 'complete').length
  return {
    processed,
    failed: ends.length - processed,
    p50_ms: percentile(durations, 50),
    p95_ms: percentile(durations, 95),
  }
}

/** Only steps that were read: that nothing happened is said of no other time. */
function seriesOf(ends: readonly ProcessingEnd[], from: Date, lastStep: number): RecentStep[] {
  const stepOf = (time: Date) => Math.floor(time.getTime() / stepMs) * stepMs
  // The clock of whoever noted the end may be ahead.
  const byStep = Map.groupBy(ends, ({ at }) => Math.min(stepOf(at), lastStep))
  const series: RecentStep[] = []
  for (let step = stepOf(from); step <= lastStep; step += stepMs) {
    series.push({ from: new Date(step).toISOString(), ...sumUp(byStep.get(step) ?? []) })
  }
  return series
}
