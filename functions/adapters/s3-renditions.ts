import { DeleteObjectsCommand, PutObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3'
import { mimeTypeOf } from '@glowworm/events/vocabulary'
import { ImageError } from '../core/errors.ts'
import { renditionPrefix } from '../core/object-keys.ts'
import type { Renditions } from '../core/ports.ts'
import { listObjects, objectExists } from './s3-objects.ts'

/** The key says what the bytes are, so nobody ever needs to ask again. */
const immutable = 'public, max-age=31536000, immutable'

/** Renditions in the bucket that the CDN serves. */
export function s3Renditions({ client, bucket }: { client: S3Client; bucket: string }): Renditions {
  return {
    async put(key, bytes, format) {
      const { ETag } = await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: bytes,
          ContentType: mimeTypeOf[format],
          CacheControl: immutable,
        }),
      )
      if (ETag === undefined) throw new ImageError('storage_unavailable', `Storage took ${key} without an ETag.`)
      return ETag
    },

    deleteAll: (imageId) => deleteAllBut(imageId, []),
    deleteAllBut,
    delete: deleteKeys,
    exists: (key) => objectExists(client, bucket, key),
    list: (after) => listObjects(client, { bucket, prefix: 'media/', after }),
  }

  async function deleteAllBut(imageId: string, keep: readonly string[]): Promise<void> {
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: renditionPrefix(imageId) })
    // A page holds no more keys than one call may delete.
    for await (const { Contents = [] } of pages) {
      await deleteKeys(Contents.flatMap(({ Key }) => (Key === undefined || keep.includes(Key) ? [] : [Key])))
    }
  }

  /** No more than 1000, as one call takes. */
  async function deleteKeys(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    const Objects = keys.map((Key) => ({ Key }))
    const { Errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    )
    const [first] = Errors
    if (first === undefined) return
    const message = `${Errors.length} renditions could not be deleted, ${first.Key} first: ${first.Code}.`
    throw new ImageError('storage_unavailable', message)
  }
}
