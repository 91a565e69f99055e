import { type CloudFrontClient, CreateInvalidationCommand } from '@aws-sdk/client-cloudfront'
import { PutObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3'
import { filesIn, readSiteFile, siteFiles } from './site-files.ts'

/**
 * Puts the built site into its bucket, as far as it has changed. What earlier versions have left stays: pages that are
 * open ask for it.
 * @returns keys of the files that were sent
 */
export async function uploadSite(client: S3Client, Bucket: string, folder: string): Promise<readonly string[]> {
  const there = new Map<string | undefined, string | undefined>()
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
    for (const { Key, ETag } of Contents) there.set(Key, ETag)
  }
  const sent: string[] = []
  for (const file of siteFiles(folder, await filesIn(folder))) {
    const { body, etag } = await readSiteFile(file)
    if (there.get(file.key) === etag) continue
    const { key: Key, contentType: ContentType, cacheControl: CacheControl } = file
    await client.send(new PutObjectCommand({ Bucket, Key, Body: body, ContentType, CacheControl }))
    sent.push(Key)
  }
  return sent
}

/** Makes the CDN forget these files. Those whose names have a hash in them were never there under other contents. */
export async function forgetChanged(
  client: CloudFrontClient,
  DistributionId: string,
  keys: readonly string[],
): Promise<void> {
  const Items = keys.filter((key) => !key.startsWith('_app/immutable/')).map((key) => `/${key}`)
  if (Items.length === 0) return
  const Paths = { Quantity: Items.length, Items }
  const InvalidationBatch = { CallerReference: `site-${Date.now()}`, Paths }
  await client.send(new CreateInvalidationCommand({ DistributionId, InvalidationBatch }))
}
