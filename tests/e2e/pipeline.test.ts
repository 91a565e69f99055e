import type { ImageEvent } from '@glowworm/events/image-events'
import { type SentUpdate, serverMessage } from '@glowworm/events/socket-messages'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../../scripts/client/api-client.ts'
import { eventually } from '../../scripts/client/eventually.ts'
import { underTest } from '../support/cloud-under-test.ts'
import { listen } from '../support/live-client.ts'
import { makePicture } from '../support/pictures.ts'
import { checkRenditions, expectedNames } from '../support/rendition-checks.ts'
import { settled, sha256, upload } from '../support/uploading.ts'

let api: ApiClient
let site: string
const clients: { close(): void }[] = []

beforeAll(async () => {
  const cloud = underTest().cloud
  site = cloud.url
  api = await ApiClient.signIn(cloud.url, cloud.admin_email, cloud.admin_password)
})
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

async function listener() {
  const client = await listen(api)
  clients.push(client)
  return client
}

const has = (events: readonly ImageEvent[], type: string) => events.some((event) => event.type === type)
const complete = (events: readonly ImageEvent[]) => (has(events, 'image:processing:complete') ? events : null)

/** Of one attempt that succeeds. */
const stages = ['started', 'thumbnail_complete', 'variant_complete', 'complete'].map(
  (stage) => `image:processing:${stage}`,
)

describe('a photo sent to the pipeline', () => {
  it.each([
    ['a JPEG', { format: 'jpeg' }],
    ['a PNG', { format: 'png' }],
    ['a WebP', { format: 'webp' }],
    ['an AVIF', { format: 'avif', width: 320, height: 200 }],
    ['a GIF', { format: 'gif' }],
    ['a TIFF', { format: 'tiff' }],
    ['one pixel', { format: 'png', width: 1, height: 1 }],
    ['a very wide picture', { format: 'png', width: 5000, height: 10 }],
    ['a portrait by orientation only', { format: 'jpeg', orientation: 6 }],
    ['a picture with a place in it', { format: 'jpeg', gps: true }],
  ] as const)('comes out complete, with every rendition exact and clean: %s', async (_what, options) => {
    const bytes = await makePicture(options)
    const accepted = await upload(api, bytes)
    expect(accepted).toMatchObject({ background_processing: true, data: { id: sha256(bytes) } })
    const image = await settled(api, sha256(bytes))
    expect(image).toMatchObject({
      processing_status: 'complete',
      thumbnail_status: 'complete',
      variant_status: 'complete',
      processing_error: null,
      processing_attempts: 1,
      dominant_color: expect.stringMatching(/^#[0-9a-f]{6}$/),
      placeholder: expect.stringMatching(/^[A-Za-z0-9+/=]{20,}$/),
    })
    if ('gps' in options) expect(image.exif).toMatchObject({ has_gps: true, camera_make: 'Glowworm' })
    if ('orientation' in options) expect(image).toMatchObject({ width: 480, height: 640 })
    await checkRenditions(api, image)
  })

  it('is announced step by step to everybody who listens', async () => {
    const [first, second] = await Promise.all([listener(), listener()])
    const bytes = await makePicture({ width: 1600, height: 1200 })
    await upload(api, bytes, 'Zürich – 夏.jpg')

    // SNS promises no order: the last may be heard before others.
    const files = await expectedNames(api)
    const steps = ['image:created', ...stages, ...files.map(() => 'image:processing:progress')]
    const events = await eventually('every event', () => {
      const heard = first.about(sha256(bytes))
      return steps.every((type) => has(heard, type)) && heard.length >= steps.length ? heard : null
    })
    // The job and the news of it are sent at the same time, so that the news may come second.
    const [created, ...others] = events.filter((event) => event.type === 'image:created')
    expect(others).toEqual([])
    const arrived = events.filter((event) => event !== created)
    // Whoever listens puts them in order by what they say.
    const work = arrived.toSorted((a, b) => a.revision - b.revision || a.progress - b.progress)
    const types = work.map((event) => event.type)
    expect(types.filter((type) => type !== 'image:processing:progress')).toEqual(stages)
    expect(types.filter((type) => type === 'image:processing:progress')).toHaveLength(files.length)

    const states = work.filter((event) => event.type !== 'image:processing:progress')
    const revisions = [created?.revision ?? 0, ...states.map((event) => event.revision)]
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b))
    const progress = work.map((event) => event.progress)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(progress.at(-1)).toBe(100)
    expect(new Set(events.map((event) => event.correlation_id)).size).toBe(1)

    const thumbnails = work.find((event) => event.type === 'image:processing:thumbnail_complete')
    expect(thumbnails).toMatchObject({ status: 'processing', data: { image: { thumbnail_status: 'complete' } } })
    const last = work.at(-1)
    expect(last).toMatchObject({ status: 'complete', data: { image: { original_filename: 'Zürich – 夏.jpg' } } })
    expect(last?.data).toEqual({ image: await api.getImage(sha256(bytes)) })

    const ids = events.map((event) => event.id).sort()
    await eventually('the second client to have heard all of it, too', () =>
      ids.every((id) => second.about(sha256(bytes)).some((event) => event.id === id)) ? true : null,
    )
  })

  it('is told again, from where it left off, to a client that comes back', async () => {
    const client = await listener()
    const bytes = await makePicture()
    await upload(api, bytes)
    const events = await eventually('the last event', () => complete(client.about(sha256(bytes))))
    const known = client.heard.find(({ id }) => id === events[0]?.id)

    const { url, ticket } = await api.createTicket()
    const replayed: SentUpdate[] = []
    let isOver = false
    const socket = new WebSocket(`${url}?ticket=${ticket}`)
    clients.push(socket)
    socket.onopen = () =>
      socket.send(JSON.stringify({ action: 'subscribe', channels: ['images'], since: known?.position }))
    socket.onmessage = ({ data }) => {
      const message = serverMessage.parse(JSON.parse(String(data)))
      if ('position' in message) replayed.push(message)
      isOver ||= message.type === 'replay_complete'
    }
    await eventually('the end of the replay', () => (isOver ? true : null))
    const ids = replayed.map(({ id }) => id)
    for (const { id } of events) if (id !== known?.id) expect(ids).toContain(id)
    const positions = replayed.map(({ position }) => position)
    expect(positions).toEqual([...positions].sort())
  })

  it('has short stable URLs that lead to the exact file', async () => {
    const bytes = await makePicture()
    await upload(api, bytes)
    const image = await settled(api, sha256(bytes))
    for (const [short, name] of [
      ['1080x1920', '1080x1920.jpg'],
      ['1080x1920.jpg', '1080x1920.jpg'],
      ['1080x1920.webp', '1080x1920.webp'],
      ['600', '600.jpg'],
    ] as const) {
      const redirect = await fetch(`${site}/media/${image.id}/${short}`, { redirect: 'manual' })
      expect(redirect.status, short).toBe(302)
      expect(redirect.headers.get('location'), short).toBe(image.renditions[name]?.url)
    }
    expect((await fetch(`${site}/media/${image.id}/123x456`)).status).toBe(404)
  })

  it('gives its original back, byte for byte, under its own name', async () => {
    const bytes = await makePicture({ gps: true })
    await upload(api, bytes, 'Ferien “2024” ☀.jpg')
    const redirect = await fetch(`${site}/api/images/${sha256(bytes)}/original`, {
      headers: { authorization: `Bearer ${api.accessToken}` },
      redirect: 'manual',
    })
    expect(redirect.status).toBe(302)
    const original = await fetch(redirect.headers.get('location') ?? '')
    expect(sha256(Buffer.from(await original.arrayBuffer()))).toBe(sha256(bytes))
    expect(original.headers.get('content-disposition')).toContain(encodeURIComponent('☀'))
  })

  it('is listed, found by its name, and gone everywhere once it is deleted', async () => {
    const bytes = await makePicture()
    const name = `Wald ${sha256(bytes).slice(0, 8)}.jpg`
    await upload(api, bytes, name)
    const image = await settled(api, sha256(bytes))
    const found = await api.listImages({ q: sha256(bytes).slice(0, 8).toUpperCase() })
    expect(found.items).toEqual([image])

    const client = await listener()
    await api.call('DELETE', `/api/images/${image.id}`)
    await eventually('the deletion to be announced', () =>
      client.about(image.id).some((event) => event.type === 'image:deleted') ? true : null,
    )
    await expect(api.getImage(image.id)).rejects.toMatchObject({ status: 404, code: 'not_found' })
    for (const { url } of Object.values(image.renditions)) expect((await fetch(site + url)).status).not.toBe(200)
    expect((await api.listImages({ q: sha256(bytes).slice(0, 8) })).items).toEqual([])

    await upload(api, bytes, name)
    expect(await settled(api, image.id)).toMatchObject({ processing_status: 'complete', revision: expect.any(Number) })
  })
})

describe('the list of images', () => {
  it('comes in pages that together hold every image once, in order', async () => {
    const marker = `page${Date.now()}`
    const sent = await Promise.all(
      Array.from({ length: 5 }, async (_, index) => {
        const bytes = await makePicture({ width: 40, height: 30 })
        await upload(api, bytes, `${marker}-${index}.jpg`)
        return sha256(bytes)
      }),
    )
    for (const sort of ['-uploaded_at', 'uploaded_at', 'original_filename', '-original_filename']) {
      const names: string[] = []
      const ids: string[] = []
      let cursor: string | null = null
      do {
        const page = await api.listImages({ q: marker, sort, limit: '2', ...(cursor !== null && { cursor }) })
        expect(page.items.length).toBeLessThanOrEqual(2)
        for (const item of page.items) {
          ids.push(item.id)
          names.push(sort.endsWith('filename') ? item.original_filename : item.uploaded_at)
        }
        cursor = page.next_cursor
      } while (cursor !== null)
      expect(ids.toSorted(), sort).toEqual(sent.toSorted())
      expect(names, sort).toEqual(sort.startsWith('-') ? names.toSorted().toReversed() : names.toSorted())
    }
  })
})
