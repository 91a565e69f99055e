import { createHash } from 'node:crypto'
import { uploadedResponse } from '@glowworm/events/http-api'
import { limits } from '@glowworm/events/vocabulary'
import { describe, expect, it } from 'vitest'
import { ImageError } from '../core/errors.ts'
import { markDeleted } from '../core/image-lifecycle.ts'
import { acceptUpload } from './accept-upload.ts'
import { failingOnce, intercepted, mortal } from './testing/faults.ts'
import { pngBytes } from './testing/pictures.ts'
import { createWorld, recordOf, uploadOne, type World } from './testing/world.ts'

const upload = (bytes = pngBytes(), filename = 'photo.png') => ({ bytes, filename, correlationId: 'c-1' })
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const objectKeys = (world: World) => [...world.originals.objects.keys()]

describe('a photo that comes with its request', () => {
  it('becomes an object, a record, a job and an event', async () => {
    const world = createWorld()
    const answer = await acceptUpload(world, upload(pngBytes({ width: 50, height: 20 }), 'C:\\Bilder\\Wald 夏.png'))

    expect(uploadedResponse.parse(answer)).toEqual(answer)
    const id = sha256(pngBytes({ width: 50, height: 20 }))
    expect(answer).toMatchObject({
      status_code: 200,
      background_processing: true,
      data: {
        id,
        original_filename: 'Wald 夏.png',
        mime_type: 'image/png',
        width: 50,
        height: 20,
        processing_status: 'pending',
      },
    })
    expect(answer).not.toHaveProperty('is_duplicate')
    const record = recordOf(world, id)
    expect(objectKeys(world)).toEqual([record.original_key])
    expect(world.jobs.sent).toMatchObject([
      { priority: 'high', job: { image_id: id, job_id: record.job_id, reason: 'upload', correlation_id: 'c-1' } },
    ])
    expect(world.updates.events).toMatchObject([
      { type: 'image:created', image_id: id, revision: record.revision, progress: 0 },
    ])
  })

  it('sent 20 times at once becomes one record, one object and one job, and all get the same image', async () => {
    const world = createWorld()
    const answers = await Promise.all(Array.from({ length: 20 }, () => acceptUpload(world, upload())))

    expect(world.images.records.size).toBe(1)
    expect(world.jobs.sent).toHaveLength(1)
    expect(world.updates.events).toHaveLength(1)
    expect(objectKeys(world)).toEqual([recordOf(world, sha256(pngBytes())).original_key])
    expect(new Set(answers.map(({ data }) => data.id))).toEqual(new Set([sha256(pngBytes())]))
    const [first, ...rest] = answers.toSorted(
      (a, b) => Number(b.background_processing) - Number(a.background_processing),
    )
    expect(first).not.toHaveProperty('is_duplicate')
    for (const other of rest) expect(other).toMatchObject({ is_duplicate: true, background_processing: false })
  })

  it('is answered with the image that is there, if it is known', async () => {
    const world = createWorld()
    const { record } = await uploadOne(world)
    const again = await acceptUpload(world, upload(pngBytes(), 'other name.png'))
    expect(again).toMatchObject({ is_duplicate: true, data: { id: record.id, original_filename: 'photo.png' } })
    expect(objectKeys(world)).toEqual([record.original_key])
    expect(world.jobs.sent).toHaveLength(1)
  })

  it('waits while the image of the same bytes is being deleted', async () => {
    const world = createWorld()
    const { record } = await uploadOne(world)
    world.images.records.set(record.id, markDeleted(record, world.ambient.now()))
    await expect(acceptUpload(world, upload())).rejects.toMatchObject({
      status: 409,
      code: 'deletion_in_progress',
      retryAfterSeconds: 1,
    })
    expect(objectKeys(world)).toEqual([record.original_key])
  })

  it('is refused, known by its id, and nothing of it kept, if it is no picture', async () => {
    const world = createWorld()
    const text = upload(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))
    const ids: string[] = []
    const refused = acceptUpload(world, text, (id) => ids.push(id))
    await expect(refused).rejects.toMatchObject({ code: 'unsupported_format' })
    expect(ids).toEqual([createHash('sha256').update(text.bytes).digest('hex')])
    expect([world.images.records.size, objectKeys(world), world.jobs.sent]).toEqual([0, [], []])
  })

  it('is refused if it is too large for this way, naming the other', async () => {
    const large = upload(new Uint8Array(limits.directUploadBytes + 1))
    await expect(acceptUpload(createWorld(), large)).rejects.toMatchObject({
      status: 413,
      code: 'payload_too_large',
      message: expect.stringContaining('POST /api/uploads'),
    })
  })
})

describe('an upload when something is away', () => {
  const busy = new ImageError('storage_unavailable', 'Slow down.')

  it('stands even if its job cannot be sent, says so, and is told to operators', async () => {
    const world = createWorld()
    const answer = await acceptUpload({ ...world, jobs: { send: () => Promise.reject(busy) } }, upload())
    expect(answer).toMatchObject({ status_code: 200, background_processing: false })
    expect(recordOf(world, answer.data.id).processing_status).toBe('pending')
    expect(world.log.lines).toContainEqual(expect.objectContaining({ level: 'error' }))
  })

  it('stands even if nobody can be told of it', async () => {
    const world = createWorld()
    const answer = await acceptUpload({ ...world, updates: { publish: () => Promise.reject(busy) } }, upload())
    expect(answer.background_processing).toBe(true)
    expect(world.log.lines).toContainEqual(expect.objectContaining({ level: 'error' }))
  })

  const calls = 6
  it.each(Array.from({ length: calls }, (_, index) => index + 1))(
    'leaves no record without its object, whichever call fails: %i',
    async (call) => {
      for (const when of ['before', 'after'] as const) {
        const world = createWorld()
        const id = sha256(pngBytes())
        await acceptUpload(failingOnce(world, call, when, busy).ports, upload()).catch((error) =>
          expect(error).toBe(busy),
        )
        const record = world.images.records.get(id)
        if (record !== undefined) expect(objectKeys(world)).toContain(record.original_key)

        const again = await acceptUpload(world, upload())
        expect(again.data.id).toBe(id)
        expect(objectKeys(world)).toContain(recordOf(world, id).original_key)
      }
    },
  )

  it('knows its own record again when only the answer of the write was lost', async () => {
    const world = createWorld()
    // The client of the table repeats the write by itself, and the repetition finds the first one's record.
    const images = {
      ...world.images,
      create: async (record: Parameters<typeof world.images.create>[0]) => {
        await world.images.create(record)
        return world.images.create(record)
      },
    }
    const answer = await acceptUpload({ ...world, images }, upload())
    expect(answer).not.toHaveProperty('is_duplicate')
    expect(world.jobs.sent).toHaveLength(1)
    expect(objectKeys(world)).toHaveLength(1)
  })

  it('makes no more than six calls, and waits for no more than three one after another', async () => {
    const world = createWorld()
    const counted = mortal(world, Number.POSITIVE_INFINITY, 'before')
    await acceptUpload(counted.ports, upload())
    expect(counted.calls()).toBe(calls)

    let underWay = 0
    let rounds = 0
    const watched = intercepted(world, async (_call, act) => {
      if (underWay++ === 0) rounds += 1
      const answer = await act()
      underWay -= 1
      return answer
    })
    await acceptUpload(watched.ports, upload(pngBytes({ salt: 'another' })))
    expect(rounds).toBe(3)
  })
})
