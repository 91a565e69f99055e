import type { ChangeImageRequest } from '@glowworm/events/http-api'
import { api } from '#lib/api/api.ts'
import { library } from '#lib/live/library.svelte.ts'

/** Changes what a person says about a photo; it shows at once. @throws Refused, Unreachable */
export async function changeImage(id: string, change: ChangeImageRequest): Promise<void> {
  library.take([await api.changeImage(id, change)])
}
