import type { UpdateEvent } from '@glowworm/events/update-events'
import type { ImageRecord } from '../core/image-record.ts'
import type { Ambient, DeadUpdate, DeadUpdates, Images, Log, Updates } from '../core/ports.ts'
import { eachByItself } from './each-by-itself.ts'

export interface ResendLostUpdatesPorts {
  readonly images: Images
  readonly deadUpdates: DeadUpdates
  readonly updates: Updates
  readonly ambient: Pick<Ambient, 'now'>
  readonly log: Log
  readonly measure: (metric: 'UpdateResent' | 'UpdateDropped', value: number) => void
  /** Until the function times out. */
  readonly remainingMs: () => number
}

/** One call reads the records of as many images. */
const lettersAtOnce = 100
const lettersPerRun = 1_000
/** On their way at the same time. */
const parallel = 10
/** What the last letters of a run may take. */
const timeToEndMs = 20_000
/** No log goes further back; whoever has not heard of it for so long has had to ask for everything anew. */
const longestUseMs = 24 * 3_600_000
/** After a run that did not come to the end, what nobody can read makes room for what came after it. */
const restSeconds = 6_000

/**
 * Publishes again what `notify` gave up. It is the same event, by its id, however often it comes; and as the log is in
 * the order of arrival, those who missed it find it. Until it has been published it stays. What nobody can read stays as
 * well, for a person.
 */
export async function resendLostUpdates(ports: ResendLostUpdatesPorts): Promise<void> {
  const unreadable: string[] = []
  let seen = 0
  let isAll = false
  async function* letters() {
    while (!isAll && seen < lettersPerRun && ports.remainingMs() > timeToEndMs) {
      const page = await ports.deadUpdates.receive(lettersAtOnce)
      seen += page.length
      isAll = page.length < lettersAtOnce
      const records = await ports.images.getMany(page.flatMap(({ event }) => imageOf(event) ?? []))
      yield* page.map((letter) => ({ ...letter, record: records.get(imageOf(letter.event) ?? '') }))
    }
  }
  const resend = async ({ event, receipt, record }: DeadUpdate & { readonly record: ImageRecord | undefined }) => {
    if (event === null) {
      unreadable.push(receipt)
      return
    }
    if (isOfNothing(event, record)) {
      ports.log.info('A lost update is dropped: its image is gone, and that is another update', aboutOf(event))
      ports.measure('UpdateDropped', 1)
    } else if (ports.ambient.now().getTime() - Date.parse(event.occurred_at) > longestUseMs) {
      ports.log.error('A lost update is dropped: for a day it could not be told to anybody', aboutOf(event))
      ports.measure('UpdateDropped', 1)
    } else {
      await ports.updates.publish(event)
      ports.log.warn('An update that had reached nobody was published again', aboutOf(event))
      ports.measure('UpdateResent', 1)
    }
    await ports.deadUpdates.remove(receipt)
  }
  try {
    await eachByItself(letters(), resend, { log: ports.log, about: ({ event }) => aboutOf(event), atOnce: parallel })
  } finally {
    await ports.deadUpdates.release(unreadable, isAll ? 0 : restSeconds)
  }
}

const imageOf = (event: UpdateEvent | null): string | null =>
  event !== null && 'image_id' in event ? event.image_id : null

/** Whoever has not heard of the image yet must not hear of it now: nobody would tell them again that it is gone. */
function isOfNothing(event: UpdateEvent, record: ImageRecord | undefined): boolean {
  if (imageOf(event) === null || event.type === 'image:deleted') return false
  return record === undefined || record.deleted_at !== null
}

const aboutOf = (event: UpdateEvent | null) =>
  event === null
    ? {}
    : { event_id: event.id, type: event.type, image_id: imageOf(event), correlation_id: event.correlation_id }
