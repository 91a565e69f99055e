import type { ProcessingStatsResponse } from '@glowworm/events/http-api'
import { percentile } from '../core/percentile.ts'
import type { Ambient, Images, ProcessingHistory, QueueDepths } from '../core/ports.ts'

export interface ProcessingStatsPorts {
  readonly images: Images
  readonly queueDepths: QueueDepths
  readonly history: ProcessingHistory
  readonly ambient: Ambient
}

/** Counting more would only make the answer late. */
const countAtMost = 10_000

const hourMs = 3_600_000

/** How processing is doing: what waits, what there is, and how fast the last hour was. */
export async function processingStats(ports: ProcessingStatsPorts): Promise<ProcessingStatsResponse> {
  const now = ports.ambient.now()
  const count = (status: Parameters<Images['count']>[0]) => ports.images.count(status, countAtMost)
  const [queues, { ends, from }, pending, processing, complete, failed] = await Promise.all([
    ports.queueDepths.read(),
    ports.history.endsSince(new Date(now.getTime() - hourMs)),
    count('pending'),
    count('processing'),
    count('complete'),
    count('failed'),
  ])
  // A worker that is not sure whether it was heard says the same again.
  const distinct = [...new Map(ends.map((end) => [`${end.imageId} ${end.revision}`, end])).values()]
  const durations = distinct.flatMap(({ durationMs }) => (durationMs === null ? [] : [durationMs]))
  const minutes = Math.max(1, (now.getTime() - from.getTime()) / 60_000)
  const processed = distinct.filter(({ status }) => status === 'complete').length
  return {
    queues,
    images: { pending, processing, complete, failed, counted_at_most: countAtMost },
    recent: {
      since: from.toISOString(),
      processed,
      failed: distinct.length - processed,
      processed_per_minute: Math.round((processed / minutes) * 100) / 100,
      p50_ms: percentile(durations, 50),
      p95_ms: percentile(durations, 95),
    },
  }
}
