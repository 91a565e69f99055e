import type { DisplaySizesResponse } from '@glowworm/events/http-api'

/** Of what was fetched and what was announced. What is announced before anything was fetched is kept until then. */
export function newestSettings(
  fetched: DisplaySizesResponse | null,
  announced: DisplaySizesResponse | null,
): DisplaySizesResponse | null {
  if (fetched === null || announced === null) return fetched
  return announced.revision > fetched.revision ? announced : fetched
}
