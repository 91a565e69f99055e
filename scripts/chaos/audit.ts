import { isDeepStrictEqual } from 'node:util'
import type { Image } from '@glowworm/events/image'
import { faultsOfFiles, type RenditionFormat } from '@glowworm/events/vocabulary'
import PQueue from 'p-queue'
import sharp from 'sharp'
import type { ImageRecord } from '../../functions/core/image-record.ts'
import { planRenditions } from '../../functions/core/rendition-plan.ts'
import { type ApiClient, Refused } from '../client/api-client.ts'
import type { Outcome } from './client.ts'
import type { LiveWatcher } from './live-watcher.ts'
import { isDeadLetterQueue, type OutsideView } from './outside-view.ts'
import type { Photo } from './photos.ts'

/** Something that is not as it must be, in words. */
export type Finding = string

export interface Settings {
  readonly display_sizes: readonly string[]
  readonly formats: readonly RenditionFormat[]
}

/** No other refusal or failure is the sender's fault. */
const isFaultOfFile = (code: string): boolean => (faultsOfFiles as readonly string[]).includes(code)

/**
 * What has failed before anybody tries it again: a photo for what is wrong with it, and a good one only for what was
 * injected.
 */
export function auditFailures(
  images: readonly Image[],
  photos: readonly Photo[],
  injected: Readonly<Record<string, number>>,
): readonly Finding[] {
  const kinds = new Map(photos.map(({ id, kind }) => [id, kind]))
  // A worker that died, or jobs that no worker got to see.
  const isLost = Object.keys(injected).some((kind) => kind.startsWith('worker/') || kind === 'sqs/drop')
  const injectedCodes = ['storage_unavailable', ...(isLost ? ['worker_crashed'] : [])]
  return images.flatMap(({ id, original_filename: name, processing_status: status, processing_error: error }) => {
    if (status !== 'failed') return []
    const code = error?.code ?? 'no reason'
    const isExplained = injectedCodes.includes(code) || (kinds.get(id) !== 'good' && isFaultOfFile(code))
    return isExplained ? [] : [`${name} (${id.slice(0, 12)}) has failed: ${code}, ${error?.message}`]
  })
}

/** Each client against the server: what was accepted is there, what was deleted is not, what is damaged is not shown. */
export async function auditOutcomes(
  api: Pick<ApiClient, 'getImage'>,
  outcomes: readonly Outcome[],
): Promise<readonly Finding[]> {
  const findings = await inParallel(outcomes, async ({ errand, status, reason, title, focalPoint }) => {
    const { photo, way, afterwards } = errand
    const image = await find(api, photo.id)
    const about = `${photo.name} (${photo.id.slice(0, 12)}, ${photo.kind}, ${way}, ${afterwards})`
    const is = (finding: string) => [`${about}: ${finding}`]
    switch (status) {
      case 'accepted':
        if (image === null) return is('was accepted, and there is no image')
        if (title !== null && image.title !== title) return is(`was given a title, and has ${image.title}`)
        if (focalPoint !== null && !isDeepStrictEqual(image.focal_point, focalPoint)) {
          return is(`was cropped, and is around ${JSON.stringify(image.focal_point)}`)
        }
        break
      case 'left':
        if (photo.kind === 'good' && image === null) return is('its bytes were taken, and there is no image')
        break
      case 'deleted':
        if (image !== null) return is('was deleted, and is there')
        break
      case 'refused':
        if (photo.kind === 'good' || !isFaultOfFile(reason ?? '')) return is(`was refused: ${reason}`)
        break
      case 'lost':
        return is(`nobody ever answered: ${reason}`)
      case 'begun':
        break
    }
    if (photo.kind === 'hostile' && image?.processing_status === 'complete') return is('is damaged, and complete')
    if (image === null || image.processing_status !== 'failed') return []
    const { code = 'no reason' } = image.processing_error ?? {}
    const isItsFault = photo.kind !== 'good' && isFaultOfFile(code)
    return isItsFault ? [] : is(`cannot be processed: ${code}`)
  })
  return findings.flat()
}

async function find(api: Pick<ApiClient, 'getImage'>, id: string): Promise<Image | null> {
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
  const findings = await inParallel(images, async (image) => {
    const is = (finding: string) => [`${image.original_filename} (${image.id.slice(0, 12)}): ${finding}`]
    if (image.processing_status === 'failed') {
      return image.processing_error === null ? is('has failed without a reason') : []
    }
    if (image.processing_status !== 'complete') return is(`is ${image.processing_status}`)
    const present = Object.values(image.renditions).map(({ url }) => url)
    // A key says what made the file, the crop included.
    const planned = planRenditions({
      id: image.id,
      focalPoint: image.focal_point,
      displaySizes: settings.display_sizes,
      formats: settings.formats,
    }).specs.map(({ key }) => `/${key}`)
    if (!isDeepStrictEqual(present.sort(), planned.sort())) return is(`is complete with ${present.join(', ')}`)
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

export interface StorageAudit {
  readonly findings: readonly Finding[]
  /** What passes by itself: the reconciler and the sweep leave it for a day. */
  readonly passing: readonly Finding[]
}

/** Storage against the records: no file without an image, no image without its files, nothing half done. */
export async function auditStorage(view: OutsideView): Promise<StorageAudit> {
  const [records, originals, renditions, uploads] = await Promise.all([
    view.records(),
    view.keys('originals'),
    view.keys('renditions'),
    view.unsettledUploads(),
  ])
  const stored = [...originals, ...renditions]
  const named = records.flatMap((record) => [
    record.original_key,
    ...Object.values(record.renditions).map(({ key }) => key),
  ])
  return {
    findings: [
      ...without(named, stored).map((key) => `a record names ${key}, and storage does not have it`),
      ...records.filter(({ deleted_at }) => deleted_at !== null).map(({ id }) => `tombstone: ${id}`),
      ...records.filter(({ lease }) => lease !== null).map(({ id }) => `lease that nobody holds: ${id}`),
    ],
    passing: [
      ...without(stored, named).map((key) => `no record names ${key}`),
      ...uploads.map((id) => `upload that is not settled: ${id}`),
    ],
  }
}

/** Files and ends of images before and after something that must not have touched them. */
export function auditUnchanged(before: readonly ImageRecord[], after: readonly ImageRecord[]): readonly Finding[] {
  const told = ({ id, processing_status: status, processing_error: error, renditions }: ImageRecord) => {
    const keys = Object.values(renditions).map(({ key }) => key)
    return `${id} is ${status}${error === null ? '' : ` (${error.code})`}, with ${keys.sort().join(', ')}`
  }
  const [was, is] = [before.map(told), after.map(told)]
  return [
    ...without(was, is).map((image) => `only before the reconciliation ${image}`),
    ...without(is, was).map((image) => `only after the reconciliation ${image}`),
  ]
}

function without(keys: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others)
  return keys.filter((key) => !known.has(key))
}

/**
 * Nothing is in any queue, those inside Lambda and SNS included.
 * @param mayStay queues of dead letters that a person has to redrive
 */
export async function auditQueues(
  view: OutsideView,
  mayStay: (queueName: string) => boolean = () => false,
): Promise<readonly Finding[]> {
  const queues = await view.queues()
  const findings = queues
    .filter(({ name, waiting, inFlight }) => waiting + inFlight > 0 && !mayStay(name))
    .map(async ({ name, waiting, inFlight }) => {
      const [first = ''] = isDeadLetterQueue(name) ? await view.peek(name) : []
      return `${name} has ${waiting} messages waiting, ${inFlight} in flight ${first.slice(0, 300)}`.trim()
    })
  return Promise.all(findings)
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
