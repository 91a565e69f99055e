import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../scripts/client/eventually.ts'
import { type RunningCloud, startCloud } from '../../scripts/local/cloud-process.ts'
import { listen } from '../support/live-client.ts'
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

describe('an update that could be told to nobody', { timeout: 240_000 }, () => {
  it('is told as soon as that is possible again', async () => {
    // What is signed so far ahead, storage refuses.
    await steer('PUT', '/_faults', { rules: [] })
    const api = await cloud.signIn()
    const bytes = await makePicture()
    await upload(api, bytes)
    await settled(api, sha256(bytes))
    const client = await listen(api)
    await steer('PUT', '/_faults', {
      rules: [{ on: 'worker', function: '*notify*', step: 'before-start', effect: 'crash', limit: 3 }],
    })
    await api.call('PATCH', `/api/images/${sha256(bytes)}`, { title: 'Told late' })
    const isTold = () =>
      client.about(sha256(bytes)).some((event) => 'image' in event.data && event.data.image.title === 'Told late')
    await eventually('the last attempt of Lambda', async () => {
      const { injected } = await steer('GET', '/_faults')
      return Object.values(injected as Record<string, number>).some((count) => count === 3) ? true : null
    })
    expect(isTold()).toBe(false)
    await eventually('the update to be told', async () => {
      await steer('POST', '/_schedules/glowworm-every-minute-rule-Target0')
      return isTold() ? true : null
    })
    client.close()
  })
})
