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
 * Changes what is rendered of every image. The settings are stored first; taking them to the images is left to a
 * function that goes on for as long as that takes. Asked for again with the same revision and the same content, it
 * succeeds again and has the images looked through again: so a call whose answer was lost can be repeated.
 * @throws RequestError `conflict` if the settings have been changed since the revision given; `service_unavailable` if
 *   nobody could be told of the change, for the same call to be made again
 */
export async function changeDisplaySizes(
  ports: ChangeDisplaySizesPorts,
  request: ChangeDisplaySizesRequest,
  correlationId: string,
): Promise<ChangedDisplaySizesResponse> {
  const { ambient, backfills } = ports
  // Counted before the work begins, which makes them wait; and before the settings are stored, which are not to be there
  // without the work.
  const affected = await ports.images.count('complete', countAtMost)
  const settings = await store(ports, request)
  await backfills.begin({ version: 1, cursor: null, unsettled: [], correlation_id: correlationId })
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

async function store(
  { settings, ambient }: ChangeDisplaySizesPorts,
  { display_sizes: displaySizes, formats, revision }: ChangeDisplaySizesRequest,
): Promise<StoredDisplaySettings> {
  const changed = { at: ambient.now().toISOString() }
  const wanted = { displaySizes, formats, revision: revision + 1, changed }
  if (await settings.saveDisplaySettings(wanted, revision)) return wanted
  const stored = await settings.storedDisplaySettings()
  if (stored.revision === wanted.revision && isSame(stored, wanted)) return stored
  throw new RequestError(
    409,
    'conflict',
    `Expected revision ${stored.revision}, received ${revision}: the settings have been changed. Fetch them again.`,
  )
}

type Choice = Pick<DisplaySettings, 'displaySizes' | 'formats'>

const isSame = (a: Choice, b: Choice): boolean =>
  a.displaySizes.join() === b.displaySizes.join() && a.formats.join() === b.formats.join()
