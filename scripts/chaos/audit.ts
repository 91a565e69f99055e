import { isDeepStrictEqual } from 'node:util'
import type { Image } from '@glowworm/events/image'
import { fileExtensionOf, type RenditionFormat, thumbnailSides } from '@glowworm/events/vocabulary'
import PQueue from 'p-queue'
import sharp from 'sharp'
import { type ApiClient, Refused } from '../client/api-client.ts'
import type { Outcome } from './client.ts'
import type { LiveWatcher } from './live-watcher.ts'
import { isDeadLetterQueue, type OutsideView } from './outside-view.ts'

/** Something that is not as it must be, in words. */
export type Finding = string

export interface Settings {
  readonly display_sizes: readonly string[]
  readonly formats: readonly RenditionFormat[]
}

/** Each client against the server: what was accepted is there, what was deleted is not. */
export async function auditOutcomes(api: ApiClient, outcomes: readonly Outcome[]): Promise<readonly Finding[]> {
  const findings = await inParallel(outcomes, async ({ errand: { photo, way, afterwards }, status, reason, title }) => {
    const image = await find(api, photo.id)
    const about = `${photo.name} (${photo.id.slice(0, 12)}, ${photo.kind}, ${way}, ${afterwards})`
    const is = (finding: string) => [`${about}: ${finding}`]
    switch (status) {
      case 'accepted':
        if (image === null) return is('was accepted, and there is no image')
        if (title !== null && image.title !== title) return is(`was given a title, and has ${image.title}`)
        break
      case 'left':
        if (photo.kind === 'good' && image === null) return is('its bytes were taken, and there is no image')
        break
      case 'deleted':
        if (image !== null) return is('was deleted, and is there')
        break
      case 'refused':
        if (photo.kind === 'good') return is(`was refused: ${reason}`)
        break
      case 'lost':
        return is(`nobody ever answered: ${reason}`)
      case 'begun':
        break
    }
    if (image === null || image.processing_status !== 'failed') return []
    const { code = 'no reason' } = image.processing_error ?? {}
    return photo.kind === 'good' ? is(`cannot be processed: ${code}`) : []
  })
  return findings.flat()
}

async function find(api: ApiClient, id: string): Promise<Image | null> {
  try {
    return await api.getImage(id)
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null
    throw error
  }
}

/** Every image is at an end, and every file of a complete one is there and what it says that it is. */
export async function auditImages(
  site: string,
  images: readonly Image[],
  settings: Settings,
): Promise<readonly Finding[]> {
  const names = [...thumbnailSides.map(String), ...settings.display_sizes].flatMap((name) =>
    settings.formats.map((format) => `${name}.${fileExtensionOf[format]}`),
  )
  const findings = await inParallel(images, async (image) => {
    const is = (finding: string) => [`${image.original_filename} (${image.id.slice(0, 12)}): ${finding}`]
    if (image.processing_status === 'failed') {
      return image.processing_error === null ? is('has failed without a reason') : []
    }
    if (image.processing_status !== 'complete') return is(`is ${image.processing_status}`)
    const present = Object.keys(image.renditions).sort()
    if (!isDeepStrictEqual(present, [...names].sort())) return is(`is complete with ${present.join(', ')}`)
    const faults = await Promise.all(
      Object.entries(image.renditions).map(async ([name, rendition]) => {
        const fault = await auditFile(site + rendition.url, rendition, sizeOf(name, image))
        return fault === null ? [] : is(`${name} ${fault}`)
      }),
    )
    return faults.flat()
  })
  return findings.flat()
}

interface Size {
  readonly width: number
  readonly height: number
}

/** Variants are what they are called; thumbnails fit inside, and are never enlarged. */
function sizeOf(name: string, image: Size): Size {
  const [base = ''] = name.split('.')
  if (base.includes('x')) {
    const [width = 0, height = 0] = base.split('x').map(Number)
    return { width, height }
  }
  const scale = Math.min(1, Number(base) / Math.max(image.width, image.height))
  return { width: Math.max(1, Math.round(image.width * scale)), height: Math.max(1, Math.round(image.height * scale)) }
}

async function auditFile(url: string, declared: Size & { readonly bytes: number }, expected: Size) {
  const response = await fetch(url)
  if (!response.ok) return `is answered with ${response.status}`
  const bytes = Buffer.from(await response.arrayBuffer())
  if (bytes.length !== declared.bytes) return `has ${bytes.length} bytes instead of ${declared.bytes}`
  try {
    const { info } = await sharp(bytes, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true })
    const isRight = [declared, expected].every((size) => size.width === info.width && size.height === info.height)
    return isRight ? null : `is ${info.width}x${info.height} instead of ${expected.width}x${expected.height}`
  } catch (error) {
    return `cannot be decoded: ${error}`
  }
}

/** Storage against the records: no file without an image, no image without its files, nothing half done. */
export async function auditStorage(view: OutsideView): Promise<readonly Finding[]> {
  const [records, originals, renditions, uploads] = await Promise.all([
    view.records(),
    view.keys('originals'),
    view.keys('renditions'),
    view.unsettledUploads(),
  ])
  const compare = (what: string, stored: readonly string[], named: readonly string[]): readonly Finding[] => [
    ...without(stored, named).map((key) => `${what} that no record names: ${key}`),
    ...without(named, stored).map((key) => `${what} that a record names and storage does not have: ${key}`),
  ]
  return [
    ...compare(
      'original',
      originals,
      records.map(({ original_key }) => original_key),
    ),
    ...compare(
      'rendition',
      renditions,
      records.flatMap((record) => Object.values(record.renditions).map(({ key }) => key)),
    ),
    ...records.filter(({ deleted_at }) => deleted_at !== null).map(({ id }) => `tombstone: ${id}`),
    ...records.filter(({ lease }) => lease !== null).map(({ id }) => `lease that nobody holds: ${id}`),
    ...uploads.map((id) => `upload that is not settled: ${id}`),
  ]
}

function without(keys: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others)
  return keys.filter((key) => !known.has(key))
}

/**
 * Queues are empty; a dead letter is explained by what has become of what it is about: an image that has reached its end,
 * or an event that can be replayed all the same.
 */
export async function auditQueues(
  view: OutsideView,
  images: readonly Image[],
): Promise<{ readonly findings: readonly Finding[]; readonly deadLetters: Readonly<Record<string, number>> }> {
  const byId = new Map(images.map((image) => [image.id, image]))
  const events = await view.loggedEvents()
  const findings: Finding[] = []
  const deadLetters: Record<string, number> = {}
  for (const { name, waiting, inFlight } of await view.queues()) {
    if (waiting + inFlight === 0) continue
    if (!isDeadLetterQueue(name)) {
      findings.push(`${name} has ${waiting} messages waiting, ${inFlight} in flight`)
      continue
    }
    deadLetters[name] = waiting + inFlight
    for (const body of await view.peek(name)) {
      const { image_id: imageId, event_id: eventId } = subjectOf(body)
      const status = imageId === null ? undefined : byId.get(imageId)?.processing_status
      const isAtItsEnd = imageId !== null && (status === undefined || status === 'complete' || status === 'failed')
      const isExplained = eventId === null ? isAtItsEnd : events.has(eventId)
      if (!isExplained) findings.push(`dead letter in ${name}: ${body.slice(0, 300)}`)
    }
  }
  return { findings, deadLetters }
}

/** What a dead letter is about: a job from a queue, a job that came directly, or a notification. */
function subjectOf(body: string): { readonly image_id: string | null; readonly event_id: string | null } {
  const letter = JSON.parse(body)
  const [record] = letter.requestPayload?.Records ?? []
  const inner = JSON.parse(record?.body ?? record?.Sns?.Message ?? body)
  return { image_id: inner.image_id ?? null, event_id: record?.Sns === undefined ? null : (inner.id ?? null) }
}

/** What a client knows that was cut off again and again, against the server: the very same. */
export function auditWatcher(watcher: LiveWatcher, images: readonly Image[]): readonly Finding[] {
  const states = watcher.states
  const server = new Map(images.map((image) => [image.id, image]))
  return [
    ...[...states.keys()]
      .filter((id) => !server.has(id))
      .map((id) => `the live client shows ${id}, which is not there`),
    ...images.flatMap((image) => {
      const known = states.get(image.id)?.image
      if (known === undefined) return [`the live client does not know ${image.id}, ${image.processing_status}`]
      if (isDeepStrictEqual(known, image)) return []
      const shown = `${known.processing_status} at revision ${known.revision}`
      return [
        `the live client shows ${image.id} ${shown}; it is ${image.processing_status} at revision ${image.revision}`,
      ]
    }),
  ]
}

function inParallel<Item, Result>(items: readonly Item[], act: (item: Item) => Promise<Result>): Promise<Result[]> {
  const queue = new PQueue({ concurrency: 8 })
  return Promise.all(items.map((item) => queue.add(() => act(item))))
}
