import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import {
  bulkResponse,
  displaySizesCoverageResponse,
  imageResponse,
  processingStatsResponse,
  redriveResponse,
  retriedFailedResponse,
} from '@glowworm/events/http-api'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ApiClient } from '../../scripts/client/api-client.ts'
import { eventually } from '../../scripts/client/eventually.ts'
import { underTest } from '../support/cloud-under-test.ts'
import {
  changeDisplaySettings,
  displaySettings,
  displaySettingsPath,
  restoreDisplaySettings,
} from '../support/display-settings.ts'
import { listen } from '../support/live-client.ts'
import { makePicture } from '../support/pictures.ts'
import { checkRenditions } from '../support/rendition-checks.ts'
import { settled, sha256, upload } from '../support/uploading.ts'

let api: ApiClient
let site: string

beforeAll(async () => {
  const cloud = underTest().cloud
  site = cloud.url
  api = await ApiClient.signIn(cloud.url, cloud.admin_email, cloud.admin_password)
})

async function uploaded(): Promise<string> {
  const bytes = await makePicture()
  await upload(api, bytes)
  await settled(api, sha256(bytes))
  return sha256(bytes)
}

describe('an image', () => {
  it('gets a title, by which it is found', async () => {
    const id = await uploaded()
    const title = `Dusk ${id.slice(0, 8)}`
    const { data } = imageResponse.parse(await api.call('PATCH', `/api/images/${id}`, { title }))
    expect(data).toMatchObject({ title, processing_status: 'complete' })
    const { items } = await api.listImages({ q: id.slice(0, 8) })
    expect(items).toEqual([data])
  })

  it('is cropped anew around another focal point; thumbnails stay, and old files go', async () => {
    const id = await uploaded()
    const before = await api.getImage(id)
    await api.call('PATCH', `/api/images/${id}`, { focal_point: { x: 0.1, y: 0.9 } })
    const after = await settled(api, id)
    expect(after.processing_status).toBe('complete')
    await checkRenditions(api, after)
    for (const [name, { url }] of Object.entries(before.renditions)) {
      const isThumbnail = !name.includes('x')
      expect(after.renditions[name]?.url === url, name).toBe(isThumbnail)
      expect((await fetch(site + url)).status === 200, name).toBe(isThumbnail)
    }
  })

  it.each([[{}], [{ focal_point: { x: 2, y: 0 } }], [{ title: '' }], [{ filename: 'x' }]])(
    'is not changed by %j',
    async (change) => {
      const path = `/api/images/${'0'.repeat(64)}`
      await expect(api.call('PATCH', path, change)).rejects.toMatchObject({ status: 400, code: 'invalid_request' })
    },
  )
})

describe('many images', () => {
  it('are deleted together; those that were not there are named', async () => {
    const ids = [await uploaded(), await uploaded()]
    const stranger = 'f'.repeat(64)
    const answer = bulkResponse.parse(await api.call('POST', '/api/images/bulk-delete', { ids: [...ids, stranger] }))
    expect(answer.results.map(({ id, status, error }) => [id, status, error?.code])).toEqual([
      ...ids.map((id) => [id, 'done', undefined]),
      [stranger, 'failed', 'not_found'],
    ])
    for (const id of ids) await expect(api.getImage(id)).rejects.toMatchObject({ status: 404 })
  })

  it('that failed are taken up again together; what is beyond help only if it is named', async () => {
    const whole = await makePicture({ format: 'jpeg', width: 800, height: 600 })
    const torn = whole.subarray(0, Math.floor(whole.length / 2))
    await upload(api, torn)
    const failed = await settled(api, sha256(torn))
    expect(failed.processing_status).toBe('failed')
    const retry = async (request: object) =>
      retriedFailedResponse.parse(await api.call('POST', '/api/images/retry-failed', request))
    const unasked = await retry({})
    expect(unasked.results.map(({ id }) => id)).not.toContain(failed.id)
    expect((await retry({ ids: [failed.id] })).results).toEqual([{ id: failed.id, status: 'done' }])
    await eventually('the second attempt to be over', async () => {
      const image = await api.getImage(failed.id)
      return image.processing_attempts === 2 && image.processing_status === 'failed' ? image : null
    })
    await api.call('DELETE', `/api/images/${failed.id}`)
  })
})

describe('the display sizes', () => {
  const namesOf = async (id: string) => Object.keys((await api.getImage(id)).renditions)

  /** The image that is looked at is the last of all that earlier tests have left. */
  const throughTheLibrary = 180_000

  it('are taken to every image: a new size is made, one that is gone is deleted, the rest stays', {
    timeout: 4 * throughTheLibrary,
  }, async () => {
    const id = await uploaded()
    const before = await api.getImage(id)
    const live = await listen(api)
    const original = await displaySettings(api)
    const display_sizes = ['320x240', ...original.display_sizes.slice(1)]
    const removed = original.display_sizes[0]
    onTestFinished(() => restoreDisplaySettings(api, original))
    const changed = await changeDisplaySettings(api, { display_sizes })
    expect(changed).toMatchObject({ display_sizes, revision: original.revision + 1 })
    expect(changed.images_affected).toBeGreaterThan(0)

    const hasNewSize = async () => (await namesOf(id)).includes('320x240.webp')
    await eventually('the new size to be there', async () => ((await hasNewSize()) ? true : null), throughTheLibrary)
    const after = await settled(api, id)
    expect(Object.keys(after.renditions).filter((name) => name.startsWith(`${removed}.`))).toEqual([])
    expect((await fetch(`${site}${before.renditions[`${removed}.jpg`]?.url}`)).status).not.toBe(200)
    expect((await fetch(`${site}${after.renditions['320x240.jpg']?.url}`)).status).toBe(200)
    expect(after.renditions['600.jpg']).toEqual(before.renditions['600.jpg'])
    const covered = await eventually(
      'the new size to be on every image',
      async () => {
        const coverage = displaySizesCoverageResponse.parse(await api.call('GET', `${displaySettingsPath}/coverage`))
        return coverage.images > 0 && coverage.sizes['320x240']?.complete === coverage.images ? coverage : null
      },
      throughTheLibrary,
    )
    expect(Object.keys(covered.sizes)).toEqual(display_sizes)
    expect(covered.estimate.ms_per_image).toBeGreaterThan(0)
    await eventually('the change to be announced', () =>
      live.heard.some((message) => message.type === 'settings:changed') ? true : null,
    )
    live.close()

    await expect(changeDisplaySettings(api, original)).rejects.toMatchObject({ status: 409, code: 'conflict' })
    await changeDisplaySettings(api, { ...original, revision: changed.revision })
    await eventually('the old sizes to be back', async () => ((await hasNewSize()) ? null : true), throughTheLibrary)
    await checkRenditions(api, await settled(api, id))
  })

  it.each([
    [{ display_sizes: ['10x10'] }],
    [{ display_sizes: ['100x100', '100x100'] }],
    [{ display_sizes: Array.from({ length: 21 }, (_, index) => `100x${100 + index}`) }],
    [{ formats: [] }],
    [{ formats: ['gif'] }],
  ])('cannot be %j', async (change) => {
    await expect(changeDisplaySettings(api, change)).rejects.toMatchObject({ status: 400, code: 'invalid_request' })
  })
})

describe('processing', () => {
  it('says what waits, what there is, and how fast it is', async () => {
    await uploaded()
    const stats = await eventually('the work to be counted', async () => {
      const answer = processingStatsResponse.parse(await api.call('GET', '/api/processing/stats'))
      return answer.recent.processed > 0 ? answer : null
    })
    expect(stats.images.complete).toBeGreaterThan(0)
    const inSteps = stats.recent.series.reduce((sum, { processed }) => sum + processed, 0)
    expect(inSteps).toBe(stats.recent.processed)
    expect(stats.recent.p95_ms).toBeGreaterThanOrEqual(stats.recent.p50_ms ?? Number.POSITIVE_INFINITY)
  })

  it('takes up again the images of dead letters, and keeps what nobody can read', async () => {
    const whole = await makePicture({ format: 'jpeg', width: 800, height: 600 })
    const torn = whole.subarray(0, Math.floor(whole.length / 2))
    await upload(api, torn)
    const failed = await settled(api, sha256(torn))
    const complete = await uploaded()
    const died = { version: 1, job_id: '01KAQ9ZXH00000000000000001', reason: 'upload', display_sizes: [] }
    const job = { ...died, formats: ['jpeg'], correlation_id: 'c-1', queued_at: '2026-11-23T08:00:00.000Z' }
    await bury({ ...job, image_id: failed.id }, { ...job, image_id: complete }, 'no job')

    const answer = redriveResponse.parse(await api.call('POST', '/api/processing/redrive'))
    expect(answer).toEqual({ redriven: 1, dropped: 1, kept: 1 })
    await eventually('the second attempt to be over', async () => {
      const image = await api.getImage(failed.id)
      return image.processing_attempts === 2 && image.processing_status === 'failed' ? image : null
    })
    const { queues } = processingStatsResponse.parse(await api.call('GET', '/api/processing/stats'))
    expect(queues.high.dead).toBe(1)
    await api.call('DELETE', `/api/images/${failed.id}`)
  })
})

/** Puts these among the dead letters of new work. */
async function bury(...bodies: unknown[]): Promise<void> {
  const client = new SQSClient(underTest().aws)
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: underTest().own.highDeadLetters }))
  for (const body of bodies) {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(body) }))
  }
  client.destroy()
}
