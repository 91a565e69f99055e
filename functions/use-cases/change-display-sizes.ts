import type { ChangeDisplaySizesRequest, ChangedDisplaySizesResponse } from '@glowworm/events/http-api'
import { RequestError } from '../core/errors.ts'
import type {
  Ambient,
  Backfills,
  DisplaySettings,
  Images,
  Settings,
  StoredDisplaySettings,
  Updates,
} from '../core/ports.ts'
import { storedWithinMs } from './apply-display-sizes.ts'
import { announceChange } from './dispatch.ts'
import { presentSettings } from './get-display-sizes.ts'

export interface ChangeDisplaySizesPorts {
  readonly images: Images
  readonly settings: Settings
  readonly backfills: Backfills
  readonly updates: Updates
  readonly ambient: Ambient
}

/** Counting more would only make the answer late. */
const countAtMost = 10_000

/**
 * Changes what is rendered of every image. Taking the settings to the images is left to a function that goes on for as
 * long as that takes; it is told first, and waits for them to be stored: so none are stored that it knows nothing of.
 * Asked for again with the same revision and the same content, it succeeds again and has the images looked through again:
 * so a call whose answer was lost can be repeated.
 * @throws RequestError `conflict` if the settings have been changed since the revision given; `service_unavailable` if
 *   nobody could be told of the change, for the same call to be made again
 */
export async function changeDisplaySizes(
  ports: ChangeDisplaySizesPorts,
  request: ChangeDisplaySizesRequest,
  correlationId: string,
): Promise<ChangedDisplaySizesResponse> {
  const { ambient, backfills } = ports
  const { display_sizes: displaySizes, formats, revision } = request
  const changed = { at: ambient.now().toISOString() }
  const wanted = { displaySizes, formats, revision: revision + 1, changed }
  const [stored, affected] = await Promise.all([
    ports.settings.storedDisplaySettings(),
    // Before the work begins, which makes them wait.
    ports.images.count('complete', countAtMost),
  ])
  if (stored.revision !== revision && !isSame(stored, wanted)) throw conflict(stored, revision)
  await backfills.begin({
    version: 1,
    awaits: { revision: wanted.revision, since: changed.at },
    cursor: null,
    unsettled: [],
    correlation_id: correlationId,
  })
  // Lambda freezes a function that has answered too late, and wakes it minutes later: nobody waits for these settings then.
  if (ambient.now().getTime() - Date.parse(changed.at) > storedWithinMs) throw tooLate()
  const settings = await store(ports.settings, wanted)
  const answer = presentSettings(settings)
  await announceChange(ports.updates, {
    id: ambient.newId(),
    type: 'settings:changed',
    revision: settings.revision,
    occurred_at: ambient.now().toISOString(),
    correlation_id: correlationId,
    data: answer,
  })
  return { ...answer, images_affected: affected }
}

/** @returns what is stored then: the same, perhaps by an earlier call */
async function store(settings: Settings, wanted: StoredDisplaySettings): Promise<StoredDisplaySettings> {
  const previous = wanted.revision - 1
  if (await settings.saveDisplaySettings(wanted, previous)) return wanted
  const stored = await settings.storedDisplaySettings()
  if (isSame(stored, wanted)) return stored
  throw conflict(stored, previous)
}

const tooLate = (): RequestError =>
  new RequestError(
    503,
    'service_unavailable',
    'This took too long, and nothing is changed. Send the same request again.',
  )

const isSame = (a: DisplaySettings, b: DisplaySettings): boolean =>
  a.revision === b.revision && a.displaySizes.join() === b.displaySizes.join() && a.formats.join() === b.formats.join()

const conflict = (stored: DisplaySettings, received: number): RequestError =>
  new RequestError(
    409,
    'conflict',
    `Expected revision ${stored.revision}, received ${received}: the settings have been changed. Fetch them again.`,
  )
