import { imageUpdated } from '../core/events-of-image.ts'
import { requeueWithout } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import { imageIdOf } from '../core/object-keys.ts'
import type {
  Ambient,
  Checkpoints,
  Images,
  ListedObject,
  ObjectPage,
  Originals,
  Renditions,
  Settings,
} from '../core/ports.ts'
import { changeRecord } from './change-record.ts'
import { type DispatchPorts, dispatch } from './dispatch.ts'
import { newJob } from './queue-job.ts'

export interface ReconcileStoragePorts extends DispatchPorts {
  readonly images: Images
  readonly originals: Originals
  readonly renditions: Renditions
  readonly checkpoints: Checkpoints
  readonly settings: Settings
  readonly ambient: Ambient
  readonly measure: (
    metric: 'OrphanFound' | 'OrphanDeleted' | 'RenditionMissing' | 'OriginalMissing',
    value: number,
  ) => void
  /** Until the function times out. */
  readonly remainingMs: () => number
}

/** What is younger may be in the making, and is only reported. */
const orphanAgeMs = 24 * 3_600_000

/** A record that has changed lately may name files that were not there when they were listed. */
const settledMs = 3_600_000

/** What a page may take. */
const timeForOnePageMs = 30_000

/** Images that are looked at together. */
const pageSize = 50

/**
 * Compares what is stored with what the records say, from where the last time ended on, at most once around. Objects
 * that no record names are deleted when they are a day old. Renditions that a record names and storage does not have
 * are made again; an original that is gone can only be reported.
 */
export async function reconcileStorage(ports: ReconcileStoragePorts): Promise<void> {
  await walk(ports, 'renditions', async (after) => {
    const page = await ports.renditions.list(after)
    await deleteOrphans(
      ports,
      page,
      (record) => Object.values(record.renditions).map(({ key }) => key),
      (keys) => ports.renditions.delete(keys),
    )
    await repairAmong(ports, page)
    return page.next
  })
  await walk(ports, 'originals', async (after) => {
    const page = await ports.originals.list(after)
    await deleteOrphans(
      ports,
      page,
      ({ original_key }) => [original_key],
      async (keys) => {
        for (const key of keys) await ports.originals.delete(key)
      },
    )
    return page.next
  })
  await walk(ports, 'images', async (cursor) => {
    const query = { status: null, text: null, sort: 'uploaded_at', limit: pageSize, cursor } as const
    const page = await ports.images.list(query)
    await Promise.all(page.records.map((record) => checkStored(ports, record)))
    return page.cursor
  })
}

/** From the checkpoint to the end, or as far as the time allows. */
async function walk(
  { checkpoints, remainingMs }: ReconcileStoragePorts,
  name: string,
  visitPage: (from: string | null) => Promise<string | null>,
): Promise<void> {
  let position = await checkpoints.read(name)
  do {
    if (remainingMs() < timeForOnePageMs) return
    position = await visitPage(position)
    await checkpoints.write(name, position)
  } while (position !== null)
}

async function deleteOrphans(
  ports: ReconcileStoragePorts,
  { objects }: ObjectPage,
  keysOf: (record: ImageRecord) => readonly string[],
  remove: (keys: readonly string[]) => Promise<void>,
): Promise<void> {
  // The records come after the listing: what was made and recorded in between is known.
  const records = await ports.images.getMany(objects.map(({ key }) => imageIdOf(key)))
  const now = ports.ambient.now().getTime()
  const orphans = objects.filter(({ key }) => {
    const record = records.get(imageIdOf(key))
    // A worker that holds the image records its files when it is done; a deletion takes its own.
    if (record !== undefined && (record.deleted_at !== null || isHeld(record, now))) return false
    return record === undefined || !keysOf(record).includes(key)
  })
  if (orphans.length === 0) return
  const old = orphans.filter(({ lastModified }) => now - lastModified.getTime() > orphanAgeMs).map(({ key }) => key)
  const about = { orphans: orphans.length, deleted: old.length, first: orphans[0]?.key }
  ports.log.warn('Objects were found that no record names', about)
  ports.measure('OrphanFound', orphans.length)
  if (old.length === 0) return
  await remove(old)
  ports.measure('OrphanDeleted', old.length)
}

const isHeld = (record: ImageRecord, now: number): boolean => record.lease !== null && record.lease.expires_at > now

/** Images of which all that there is stands on this page: those between its first and its last. */
async function repairAmong(ports: ReconcileStoragePorts, { objects, next }: ObjectPage): Promise<void> {
  const byImage = Map.groupBy(objects, ({ key }) => imageIdOf(key))
  const ids = [...byImage.keys()]
  const whole = ids.slice(1, next === null ? undefined : -1)
  const records = await ports.images.getMany(whole)
  for (const record of records.values()) {
    const stored = new Set(byImage.get(record.id)?.map(({ key }: ListedObject) => key))
    const lost = Object.entries(record.renditions).filter(([, { key }]) => !stored.has(key))
    await repair(
      ports,
      record,
      lost.map(([name]) => name),
    )
  }
}

/** Of an image that has nothing left a listing tells nothing: one of its files is asked for by name. */
async function checkStored(ports: ReconcileStoragePorts, record: ImageRecord): Promise<void> {
  const [first] = Object.values(record.renditions)
  const [hasRendition, hasOriginal] = await Promise.all([
    first === undefined || ports.renditions.exists(first.key),
    ports.originals.exists(record.original_key),
  ])
  if (!hasOriginal && (await isUnchanged(ports, record))) {
    ports.log.error('The original of an image is gone', { image_id: record.id, key: record.original_key })
    ports.measure('OriginalMissing', 1)
    return
  }
  if (hasRendition) return
  const there = await Promise.all(
    Object.entries(record.renditions).map(async ([name, { key }]) => ({
      name,
      is: await ports.renditions.exists(key),
    })),
  )
  await repair(
    ports,
    record,
    there.filter(({ is }) => !is).map(({ name }) => name),
  )
}

async function isUnchanged({ images }: ReconcileStoragePorts, record: ImageRecord): Promise<boolean> {
  const now = await images.get(record.id)
  return now !== null && now.deleted_at === null && now.original_key === record.original_key
}

async function repair(ports: ReconcileStoragePorts, known: ImageRecord, lost: readonly string[]): Promise<void> {
  const { ambient } = ports
  if (lost.length === 0 || !isSettled(known, ambient.now())) return
  const settings = await ports.settings.displaySettings()
  const job = newJob({ id: known.id, correlationId: known.correlation_id }, 'retry', settings, ambient)
  const record = await changeRecord(ports.images, known, (stored) =>
    isSettled(stored, ambient.now()) ? requeueWithout(stored, lost, job.job_id, ambient.now()) : stored,
  )
  if (record?.job_id !== job.job_id) return
  const about = { image_id: known.id, correlation_id: known.correlation_id, missing: lost }
  ports.log.error('Renditions of an image are gone; they are made again', about)
  ports.measure('RenditionMissing', lost.length)
  await dispatch(ports, job, 'low', imageUpdated(record, ambient))
}

const isSettled = (record: ImageRecord, now: Date): boolean =>
  record.deleted_at === null &&
  record.processing_status === 'complete' &&
  now.getTime() - Date.parse(record.updated_at) > settledMs
