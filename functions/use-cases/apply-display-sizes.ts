import type { ApplyDisplaySizesJob } from '@glowworm/events/jobs'
import { imageUpdated } from '../core/events-of-image.ts'
import { missing, renew } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import type { Ambient, Backfills, DisplaySettings, Images, Settings } from '../core/ports.ts'
import { planRenditions } from '../core/rendition-plan.ts'
import { changeRecord } from './change-record.ts'
import { type DispatchPorts, dispatch } from './dispatch.ts'
import type { JobOutcome } from './process-image.ts'
import { newJob } from './queue-job.ts'

export interface ApplyDisplaySizesPorts extends DispatchPorts {
  readonly images: Images
  readonly settings: Settings
  readonly backfills: Backfills
  readonly ambient: Ambient
  /** Until the function times out. */
  readonly remainingMs: () => number
}

/** Images that are looked at together. */
const pageSize = 50

/** What a page, and handing the rest over, may take. */
const timeForOnePageMs = 45_000

/** A request, or another walk, that read the settings before they changed may write what it made of them so much later. */
const settlingMs = 60_000

/** Whoever has told of settings stores them within this time, or not at all. */
export const storedWithinMs = 30_000

/** Whoever was about to store the settings has long ended, and has not. */
const neverStoredMs = 2 * storedWithinMs

/** When an image that a worker holds is looked at again. */
const lookAgainSeconds = 30

/**
 * Has every image rendered as the settings say now: goes through the images from the job's cursor on, and queues those
 * that lack a file or have one too many; what they have and need is not made again. Out of time, it hands the rest to
 * a job of its own. Repeating any part of it changes nothing, and any settings may have come in between. It comes back
 * once, for what others do by older settings while these are new.
 * Images that have failed are left alone: a retry renders them by the settings of its time.
 */
export async function applyDisplaySizes(ports: ApplyDisplaySizesPorts, job: ApplyDisplaySizesJob): Promise<JobOutcome> {
  const { changed, revision } = await ports.settings.storedDisplaySettings()
  if (job.awaits !== null && revision < job.awaits.revision) return untilStored(ports, job.awaits)
  if (changed === null) return { kind: 'done' }
  const settledAt = Date.parse(changed.at) + settlingMs
  const isLast = ports.ambient.now().getTime() >= settledAt
  const beforeItSettles = (): JobOutcome => {
    const seconds = Math.ceil((settledAt - ports.ambient.now().getTime()) / 1000)
    return { kind: 'retry', afterSeconds: Math.max(1, seconds) }
  }

  const unsettled: string[] = []
  const visit = async (records: Iterable<ImageRecord>) => {
    // Of this moment: the walk takes minutes, and another that began later may be ahead of it.
    const settings = await ports.settings.displaySettings()
    const visits = [...records].map(async (record) => {
      if ((await bringUpToDate(ports, record, settings)) === 'held') unsettled.push(record.id)
    })
    await Promise.all(visits)
  }

  if (job.unsettled.length > 0) await visit((await ports.images.getMany(job.unsettled)).values())
  let { cursor } = job
  do {
    const query = { status: null, text: null, sort: 'uploaded_at', limit: pageSize, cursor } as const
    const page = await ports.images.list(query)
    await visit(page.records)
    cursor = page.cursor
    if (cursor !== null && ports.remainingMs() < timeForOnePageMs) {
      await ports.backfills.begin({ ...job, cursor, unsettled })
      return isLast ? { kind: 'done' } : beforeItSettles()
    }
  } while (cursor !== null)

  if (unsettled.length > 0) return { kind: 'retry', afterSeconds: lookAgainSeconds }
  return isLast ? { kind: 'done' } : beforeItSettles()
}

/** Nearly always a moment; or for ever, as somebody else's change was stored before, or whoever asked for it died. */
function untilStored(
  { ambient, log }: ApplyDisplaySizesPorts,
  { revision, since }: NonNullable<ApplyDisplaySizesJob['awaits']>,
): JobOutcome {
  const waitedMs = ambient.now().getTime() - Date.parse(since)
  if (waitedMs < neverStoredMs) return { kind: 'retry', afterSeconds: waitedMs < 5_000 ? 1 : 10 }
  log.info('Settings that were to be taken to the images were never stored', { revision })
  return { kind: 'done' }
}

/** @returns `held` if a worker is rendering the image by older settings and has to end first */
async function bringUpToDate(
  ports: ApplyDisplaySizesPorts,
  known: ImageRecord,
  settings: DisplaySettings,
): Promise<'done' | 'held'> {
  const { ambient } = ports
  const job = newJob({ id: known.id, correlationId: known.correlation_id }, 'display_sizes', settings, ambient)
  let held = false
  const record = await changeRecord(ports.images, known, (stored) => {
    held = false
    if (stored.deleted_at !== null || !isOutOfDate(stored, settings)) return stored
    const now = ambient.now()
    held = stored.lease !== null && stored.lease.expires_at > now.getTime()
    return held ? stored : renew(stored, { ...job, settings_revision: settings.revision }, now)
  })
  if (held) return 'held'
  if (record?.job_id === job.job_id) {
    // A photo that nobody has seen yet is new work still, and does not wait behind what is merely rendered anew.
    const priority = record.thumbnail_status === 'complete' ? 'low' : 'high'
    await dispatch(ports, job, priority, imageUpdated(record, ambient))
  }
  return 'done'
}

function isOutOfDate(record: ImageRecord, settings: DisplaySettings): boolean {
  if (record.processing_status === 'failed') return false
  // Records of versions that did not note it have no such attribute.
  const revision = record.settings_revision ?? 0
  // What it waits for, or what is under way, was asked for by older settings.
  if (record.processing_status !== 'complete') return revision < settings.revision
  // It was made by newer settings than these: it is this walk that is out of date.
  if (revision > settings.revision) return false
  const plan = planRenditions({ ...settings, id: record.id, focalPoint: record.focal_point })
  return missing(record, plan).length > 0 || Object.keys(record.renditions).length > plan.specs.length
}
