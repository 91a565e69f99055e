import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { redact } from './redaction.ts'

export type { Logger } from '@aws-lambda-powertools/logger'

/**
 * The one place where log lines and metrics leave the code. Tracing is Lambda's own: it needs no library, and the
 * logger writes the id of the trace, like the correlation id, into every line.
 */
export const logger = new Logger({ jsonReplacerFn: redact })

/** Service and namespace come from the environment (`POWERTOOLS_*`). */
const metrics = new Metrics()

/** Every metric there is, with its unit. */
const units = {
  RequestFailed: MetricUnit.Count,
  MessageUnreadable: MetricUnit.Count,
  MessageRetried: MetricUnit.Count,
  MessageFailed: MetricUnit.Count,
  QueueRefused: MetricUnit.Count,
  ImageProcessed: MetricUnit.Count,
  ImageFailed: MetricUnit.Count,
  ImageRetried: MetricUnit.Count,
  BreakerOpened: MetricUnit.Count,
  ProcessingDuration: MetricUnit.Milliseconds,
  ThumbnailsDuration: MetricUnit.Milliseconds,
  ImageAbandoned: MetricUnit.Count,
  JobResent: MetricUnit.Count,
  UpdateResent: MetricUnit.Count,
  UpdateDropped: MetricUnit.Count,
  EventUnpublished: MetricUnit.Count,
  DeletionFinished: MetricUnit.Count,
  UploadSettled: MetricUnit.Count,
  UploadRefused: MetricUnit.Count,
  UploadAbandoned: MetricUnit.Count,
  OrphanFound: MetricUnit.Count,
  OrphanDeleted: MetricUnit.Count,
  RenditionMissing: MetricUnit.Count,
  OriginalMissing: MetricUnit.Count,
} as const satisfies Record<string, (typeof MetricUnit)[keyof typeof MetricUnit]>

export function measure(metric: keyof typeof units, value = 1): void {
  metrics.addMetric(metric, units[metric], value)
}

/** Middleware: writes what was measured, and nothing when nothing was. The first registered is the last to run. */
export const flushMetrics = { after: flush, onError: flush }

function flush(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
}

/** A logger for one request, message or connection; what it carries never leaks into the next one's lines. */
export function childLogger(about: Readonly<Record<string, string | number>>): Logger {
  return logger.createChild({ persistentKeys: { ...about } })
}
