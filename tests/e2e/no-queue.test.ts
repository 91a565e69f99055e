import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../scripts/client/eventually.ts'
import { type RunningCloud, startCloud } from '../../scripts/local/cloud-process.ts'
import { makePicture } from '../support/pictures.ts'
import { settled, sha256, upload } from '../support/uploading.ts'

let cloud: RunningCloud
beforeAll(async () => {
  cloud = await startCloud(undefined, { args: ['--no-queue'] })
})
afterAll(() => cloud.dispose())

async function steer(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(cloud.facts.endpoints.s3 + path, {
    method,
    headers: { authorization: `Bearer ${cloud.facts.steering_token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return (await response.json()) as Record<string, unknown>
}

describe('without queues', { timeout: 240_000 }, () => {
  it('processes photos all the same, by calling the worker', async () => {
    // A message from a queue would be lost.
    await steer('PUT', '/_faults', { rules: [{ on: 'delivery', via: 'sqs', effect: 'drop' }] })
    const api = await cloud.signIn()
    const bytes = await makePicture()
    await upload(api, bytes)
    expect(await settled(api, sha256(bytes))).toMatchObject({ processing_status: 'complete' })
    expect(await steer('GET', '/_faults')).toMatchObject({ injected: {} })
  })

  it('finishes a photo whose worker died, although the retries of Lambda find its lease', async () => {
    await steer('PUT', '/_faults', { rules: [{ on: 'worker', step: 'after-lease', effect: 'crash', nth: 1 }] })
    const api = await cloud.signIn()
    const bytes = await makePicture()
    await upload(api, bytes)
    await eventually('the worker to die and its retry to end', async () => {
      const { injected } = await steer('GET', '/_faults')
      const image = await api.getImage(sha256(bytes))
      return Object.keys(injected as object).length > 0 && image.processing_status === 'processing' ? true : null
    })
    await steer('PUT', '/_faults', { rules: [], clock_ahead_seconds: 600 })
    await steer('POST', '/_schedules/glowworm-every-minute-rule-Target0')
    expect(await settled(api, sha256(bytes))).toMatchObject({ processing_status: 'complete', consecutive_failures: 0 })
  })
})
