import type { DisplaySizesResponse } from '@glowworm/events/http-api'
import type { Settings, StoredDisplaySettings } from '../core/ports.ts'

export async function getDisplaySizes(settings: Settings): Promise<DisplaySizesResponse> {
  return presentSettings(await settings.storedDisplaySettings())
}

export function presentSettings({ displaySizes, formats, revision }: StoredDisplaySettings): DisplaySizesResponse {
  return { display_sizes: [...displaySizes], formats: [...formats], revision }
}
