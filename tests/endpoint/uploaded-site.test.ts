import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect, it } from 'vitest'
import { builtFolders } from '../../scripts/deploy/build.ts'
import { findDeployment } from '../../scripts/deploy/deployment.ts'
import { filesIn, readSiteFile, siteFiles } from '../../scripts/deploy/site-files.ts'
import { underTest } from '../support/cloud-under-test.ts'

const stage = process.env.GLOWWORM_E2E_STAGE ?? 'dev'

it('every file of the site lies in its bucket as it was built, with its type and how long it may be kept', async ({
  skip,
}) => {
  const { aws } = underTest()
  const deployment = await findDeployment(new CloudFormationClient(aws), stage)
  const Bucket = deployment?.SiteBucketName
  if (Bucket === undefined) return skip('the stack site is not deployed there')
  const s3 = new S3Client({ ...aws, forcePathStyle: true })
  const { site } = builtFolders(stage, aws.endpoint ?? null)
  const built = siteFiles(site, await filesIn(site))
  expect(built.map(({ key }) => key)).toContain('index.html')
  for (const file of built) {
    const { key: Key, contentType, cacheControl } = file
    const there = await s3.send(new GetObjectCommand({ Bucket, Key }))
    expect({ Key, type: there.ContentType, cache: there.CacheControl }).toEqual({
      Key,
      type: contentType,
      cache: cacheControl,
    })
    const { body } = await readSiteFile(file)
    expect(body.equals((await there.Body?.transformToByteArray()) ?? new Uint8Array()), Key).toBe(true)
  }
})
