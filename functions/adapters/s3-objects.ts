import { HeadObjectCommand, ListObjectsV2Command, type S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import type { ObjectPage } from '../core/ports.ts'

export async function objectExists(client: S3Client, bucket: string, key: string): Promise<boolean> {
  try {
    await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
    return true
  } catch (error) {
    // An answer to HEAD has no body that would name the error.
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false
    throw error
  }
}

/** Up to 1000 objects, in the order of their keys. */
export async function listObjects(
  client: S3Client,
  { bucket, prefix, after }: { readonly bucket: string; readonly prefix: string; readonly after: string | null },
): Promise<ObjectPage> {
  const { Contents = [], IsTruncated } = await client.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(after !== null && { StartAfter: after }) }),
  )
  const objects = Contents.flatMap(({ Key, LastModified }) =>
    Key === undefined || LastModified === undefined ? [] : [{ key: Key, lastModified: LastModified }],
  )
  return { objects, next: IsTruncated ? (objects.at(-1)?.key ?? null) : null }
}
