import {
  type ChangedDisplaySizesResponse,
  changedDisplaySizesResponse,
  type DisplaySizesResponse,
  displaySizesResponse,
} from '@glowworm/events/http-api'
import type { ApiClient } from '../../scripts/client/api-client.ts'

export const displaySettingsPath = '/api/settings/display-sizes'

/** What every image is made in. */
export async function displaySettings(api: ApiClient): Promise<DisplaySizesResponse> {
  return displaySizesResponse.parse(await api.call('GET', displaySettingsPath))
}

/** Changes what is named, in the settings of that revision; those of now if it is not given. */
export async function changeDisplaySettings(
  api: ApiClient,
  change: { readonly [Name in keyof DisplaySizesResponse]?: unknown },
): Promise<ChangedDisplaySizesResponse> {
  const settings = { ...(await displaySettings(api)), ...change }
  return changedDisplaySizesResponse.parse(await api.call('PUT', displaySettingsPath, settings))
}

/** Whatever became of a test: nothing is changed where nothing is different. */
export async function restoreDisplaySettings(
  api: ApiClient,
  { display_sizes, formats }: DisplaySizesResponse,
): Promise<void> {
  const now = await displaySettings(api)
  const isSame = JSON.stringify([now.display_sizes, now.formats]) === JSON.stringify([display_sizes, formats])
  if (!isSame) await changeDisplaySettings(api, { display_sizes, formats })
}
