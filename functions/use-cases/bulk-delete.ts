import type { BulkResult } from '@glowworm/events/http-api'
import type { Log } from '../core/ports.ts'
import { type DeleteImagePorts, deleteImage } from './delete-image.ts'
import { forEachImage } from './for-each-image.ts'

/** Deletes many images, each as if it were alone. */
export function bulkDelete(
  ports: DeleteImagePorts & { readonly log: Log },
  ids: readonly string[],
): Promise<BulkResult[]> {
  return forEachImage(ids, (id) => deleteImage(ports, id), ports.log)
}
