import { imageUpdated } from '../core/events-of-image.ts'
import { renewWithout } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import { aboutImage } from '../core/log-fields.ts'
import { imageIdOf } from '../core/object-keys.ts'
import type { Checkpoints, ListedObject, Log, ObjectPage, Renditions } from '../core/ports.ts'
import { changeRecord } from './change-record.ts'
import { type ClaimUploadsPorts, claimUploads } from './claim-uploads.ts'
import { dispatch } from './dispatch.ts'
import { newJob } from './queue-job.ts'

export interface ReconcileStoragePorts extends ClaimUploadsPorts {
  readonly renditions: Renditions
  readonly checkpoints: Checkpoints
  readonly measure: (
    metric:
      | 'OrphanFound'
      | 'OrphanDeleted'
      | 'RenditionMissing'
      | 'OriginalMissing'
      | 'UploadSettled'
      | 'UploadRefused'
      | 'EventUnpublished',
    value: number,
  ) => void
  /** Until the function times out. */
  readonly remainingMs: () => number
}

/** What is younger may be in the making, and is only reported. */
const orphanAgeMs = 24 * 3_600_000

/** Files of so many images without a record, and of such a part of all at which it looks, are no left-overs. */
const tooManyImages = 3
const tooLargePart = 0.1

/** A record that has changed lately may name files that were not there when they were listed. */
const settledMs = 3_600_000

/** What a page may take. */
const timeForOnePageMs = 30_000

/** Keys in one line of the log: with the longest that S3 allows, 100 KB of the 1 MB that CloudWatch takes. */
const keysPerLine = 100

/** Images that are looked at together. */
const pageSize = 50

/**
 * Compares what is stored with what the records say, from where the last time ended on, at most once around. Objects
 * that no record names, and no upload, are deleted when they are a day old. Renditions that a record names and storage
 * does not have are made again; an original that is gone can only be reported. Where many images have no record, nothing
 * is deleted: a person has to look.
 * @throws AggregateError of the walks and the uploads that failed, after all others went as far as they could
 */
export async function reconcileStorage(ports: ReconcileStoragePorts): Promise<void> {
  await walkAll(ports, {
    renditions: async (after) => {
      const page = await wholeImages(ports.renditions, after)
      const keysOf = (record: ImageRecord) => Object.values(record.renditions).map(({ key }) => key)
      const remove = (keys: readonly string[]) => ports.renditions.delete(keys)
      const records = await deleteOrphans(ports, page, { keysOf, atOnce: 1_000, remove })
      await repairAmong(ports, page, records)
      return { next: page.next, failures: [] }
    },
    originals: async (after) => {
      const page = await wholeImages(ports.originals, after)
      const failures: unknown[] = []
      const unclaimed = async (orphans: readonly ListedObject[]) => {
        const claimed = await claimUploads(ports, orphans)
        failures.push(...claimed.failures)
        return claimed.unclaimed
      }
      const remove = async (keys: readonly string[]) => {
        for (const key of keys) await ports.originals.delete(key)
      }
      await deleteOrphans(ports, page, { keysOf: ({ original_key }) => [original_key], unclaimed, atOnce: 1, remove })
      return { next: page.next, failures }
    },
    images: async (cursor) => {
      const query = { status: null, text: null, sort: 'uploaded_at', limit: pageSize, cursor } as const
      const page = await ports.images.list(query)
      await Promise.all(page.records.map((record) => checkStored(ports, record)))
      return { next: page.cursor, failures: [] }
    },
  })
}

interface Visited {
  /** From where to go on; null at the end. */
  readonly next: string | null
  /** Of those on the page that it could not see to. */
  readonly failures: readonly unknown[]
}

/** Does what a page asks for. */
type VisitPage = (from: string | null) => Promise<Visited>

/** One after the other; each leaves the others their share of the time, and what it does not need itself. */
async function walkAll(ports: ReconcileStoragePorts, walks: Readonly<Record<string, VisitPage>>): Promise<void> {
  const failures: unknown[] = []
  let toCome = Object.keys(walks).length
  for (const [name, visitPage] of Object.entries(walks)) {
    toCome -= 1
    const leaveMs = (ports.remainingMs() * toCome) / (toCome + 1)
    try {
      failures.push(...(await walk(ports, { name, visitPage, leaveMs })))
    } catch (error) {
      ports.log.error('A walk over what is stored failed; the others go on', { walk: name, error })
      failures.push(error)
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `Not all that is stored could be looked at (failures: ${failures.length})`)
}

/**
 * From the checkpoint to the end, or as far as the time allows. The next time begins with the first page on which something
 * failed: what is to be tried again may not be known any more when a whole round is over.
 */
async function walk(
  { checkpoints, remainingMs }: ReconcileStoragePorts,
  { name, visitPage, leaveMs }: { readonly name: string; readonly visitPage: VisitPage; readonly leaveMs: number },
): Promise<readonly unknown[]> {
  const failures: unknown[] = []
  let position = await checkpoints.read(name)
  do {
    if (remainingMs() < Math.max(leaveMs, timeForOnePageMs)) return failures
    const visited = await visitPage(position)
    position = visited.next
    failures.push(...visited.failures)
    if (failures.length === 0) await checkpoints.write(name, position)
  } while (position !== null)
  return failures
}

/**
 * A page that ends between two images, and so does the one after it: what a listing gave of its last image is left for
 * the next time, which begins with that image. One that fills more than a listing is listed to its end.
 */
async function wholeImages({ list }: Pick<Renditions, 'list'>, after: string | null): Promise<ObjectPage> {
  const objects: ListedObject[] = []
  let from = after
  for (;;) {
    const page = await list(from)
    objects.push(...page.objects)
    const last = objects.at(-1)
    if (page.next === null || last === undefined) return { objects, next: page.next }
    const whole = objects.findLastIndex(({ key }) => imageIdOf(key) !== imageIdOf(last.key)) + 1
    const lastOfWhole = objects[whole - 1]
    if (lastOfWhole !== undefined) return { objects: objects.slice(0, whole), next: lastOfWhole.key }
    from = page.next
  }
}

type Records = ReadonlyMap<string, ImageRecord>

interface OrphanRemoval {
  /** Those that a record names. */
  readonly keysOf: (record: ImageRecord) => readonly string[]
  /** Sees to those that are somebody's all the same, and answers the others. */
  readonly unclaimed?: (orphans: readonly ListedObject[]) => Promise<readonly ListedObject[]>
  /** How many one call removes. */
  readonly atOnce: number
  readonly remove: (keys: readonly string[]) => Promise<void>
}

/** @returns the records of the page */
async function deleteOrphans(
  ports: ReconcileStoragePorts,
  { objects }: ObjectPage,
  { keysOf, unclaimed = async (orphans) => orphans, atOnce, remove }: OrphanRemoval,
): Promise<Records> {
  const now = ports.ambient.now().getTime()
  const recordsOf = (candidates: readonly ListedObject[]) =>
    ports.images.getMany(candidates.map(({ key }) => imageIdOf(key)).filter((id) => id !== ''))
  const orphansAmong = (candidates: readonly ListedObject[], records: Records) =>
    candidates.filter(({ key }) => {
      const record = records.get(imageIdOf(key))
      return record === undefined || (!isInTheMaking(record, now) && !keysOf(record).includes(key))
    })
  // The records come after the listing: what was made and recorded in between is known.
  const records = await recordsOf(objects)
  const orphans = await unclaimed(orphansAmong(objects, records))
  if (orphans.length === 0) return records
  const old = orphans.filter(({ lastModified }) => now - lastModified.getTime() > orphanAgeMs)
  const about = { orphans: orphans.length, old: old.length, first: orphans[0]?.key }
  ports.log.warn('Objects were found that no record names', about)
  ports.measure('OrphanFound', orphans.length)
  requireRecords(objects, old, records)
  for (let at = 0; at < old.length; at += atOnce) {
    // And once more right before each deletion: somebody may have sent the same photo anew, and its record name them.
    const some = old.slice(at, at + atOnce)
    const recordsNow = await recordsOf(some)
    const keys = orphansAmong(some, recordsNow).map(({ key }) => key)
    if (keys.length === 0) continue
    logDeletion(ports.log, keys, recordsNow)
    await remove(keys)
    ports.measure('OrphanDeleted', keys.length)
  }
  return records
}

/** @throws Error where it looks as though not files were too many, but records too few: they can be restored, files cannot */
function requireRecords(objects: readonly ListedObject[], old: readonly ListedObject[], records: Records): void {
  const imagesOf = (some: readonly ListedObject[]) => new Set(some.map(({ key }) => imageIdOf(key)))
  const all = imagesOf(objects).size
  const unknown = imagesOf(old.filter(({ key }) => !records.has(imageIdOf(key)))).size
  if (unknown < tooManyImages || unknown / all <= tooLargePart) return
  throw new Error(`${unknown} of ${all} images have files and no record. Nothing is deleted: records may be lost.`)
}

/** Before it happens: a bucket keeps no versions, and a run that ends half-way must not have deleted what no line names. */
function logDeletion(log: Log, keys: readonly string[], records: Records): void {
  for (const [image_id, ofImage] of Map.groupBy(keys, imageIdOf)) {
    const record = records.get(image_id)
    const about = record === undefined ? { image_id } : aboutImage(record)
    for (let at = 0; at < ofImage.length; at += keysPerLine) {
      log.warn('Objects that no record names are deleted', { ...about, keys: ofImage.slice(at, at + keysPerLine) })
    }
  }
}

/** A worker has the image, or soon will, and records its files when it is done; a deletion takes its own. */
const isInTheMaking = (record: ImageRecord, now: number): boolean =>
  record.deleted_at !== null ||
  record.processing_status === 'pending' ||
  record.processing_status === 'processing' ||
  isHeld(record, now)

const isHeld = (record: ImageRecord, now: number): boolean => record.lease !== null && record.lease.expires_at > now

async function repairAmong(ports: ReconcileStoragePorts, { objects }: ObjectPage, records: Records): Promise<void> {
  const stored = new Set(objects.map(({ key }) => key))
  for (const record of records.values()) {
    const unlisted = Object.entries(record.renditions).filter(([, { key }]) => !stored.has(key))
    await repair(
      ports,
      record,
      unlisted.map(([name]) => name),
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
    ports.log.error('The original of an image is gone', { ...aboutImage(record), key: record.original_key })
    ports.measure('OriginalMissing', 1)
    return
  }
  if (!hasRendition) await repair(ports, record, Object.keys(record.renditions))
}

async function isUnchanged({ images }: ReconcileStoragePorts, record: ImageRecord): Promise<boolean> {
  const now = await images.get(record.id)
  return now !== null && now.deleted_at === null && now.original_key === record.original_key
}

/** @param missed names of renditions that may be gone; each is asked for before anything is made again */
async function repair(ports: ReconcileStoragePorts, known: ImageRecord, missed: readonly string[]): Promise<void> {
  const { ambient } = ports
  if (missed.length === 0 || !isSettled(known, ambient.now())) return
  const lost = await namesOfGone(ports, known, missed)
  if (lost.length === 0) return
  const settings = await ports.settings.displaySettings()
  const job = newJob({ id: known.id, correlationId: known.correlation_id }, 'retry', settings, ambient)
  const record = await changeRecord(ports.images, known, (stored) =>
    isSettled(stored, ambient.now())
      ? renewWithout(stored, lost, { ...job, settings_revision: settings.revision }, ambient.now())
      : stored,
  )
  if (record?.job_id !== job.job_id) return
  const about = { ...aboutImage(known), missing: lost }
  ports.log.error('Renditions of an image are gone; they are made again', about)
  ports.measure('RenditionMissing', lost.length)
  await dispatch(ports, job, 'low', imageUpdated(record, ambient))
}

async function namesOfGone(
  { renditions }: ReconcileStoragePorts,
  record: ImageRecord,
  names: readonly string[],
): Promise<readonly string[]> {
  const exist = await Promise.all(names.map((name) => renditions.exists(record.renditions[name]?.key ?? '')))
  return names.filter((_, at) => !exist[at])
}

const isSettled = (record: ImageRecord, now: Date): boolean =>
  record.deleted_at === null &&
  record.processing_status === 'complete' &&
  now.getTime() - Date.parse(record.updated_at) > settledMs
