import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { UploadedResponse } from '@glowworm/events/http-api'
import type { Image } from '@glowworm/events/image'
import { type ApiClient, sendBytes } from '../../scripts/client/api-client.ts'
import { eventually } from '../../scripts/client/eventually.ts'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Begins, sends and completes; throws Refused where the server does. */
export async function upload(api: ApiClient, bytes: Buffer, filename = 'photo.jpg'): Promise<UploadedResponse> {
  const begun = await api.beginUpload({
    filename,
    size: bytes.length,
    content_type: 'application/octet-stream',
    sha256: sha256(bytes),
  })
  if (!('upload' in begun)) return begun
  await sendBytes(begun.upload, { size: bytes.length, open: () => Readable.from([bytes]) }, () => {})
  return api.completeUpload(begun.upload.id)
}

/** The image once it is complete, or failed with no retry to come. */
export function settled(api: ApiClient, id: string, deadlineMs = 120_000): Promise<Image> {
  return eventually(
    `image ${id} to be processed`,
    async () => {
      const image = await api.getImage(id)
      const failed = image.processing_status === 'failed' && image.next_retry_at === null
      return image.processing_status === 'complete' || failed ? image : null
    },
    deadlineMs,
  )
}
