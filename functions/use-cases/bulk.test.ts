import { limits } from '@glowworm/events/vocabulary'
import { describe, expect, it } from 'vitest'
import { ImageError } from '../core/errors.ts'
import { bulkDelete } from './bulk-delete.ts'
import { processImage } from './process-image.ts'
import { retryFailed } from './retry-failed.ts'
import { fakeRenderer } from './testing/fake-renderer.ts'
import { createWorld, lastJob, recordOf, uploadOne, type World } from './testing/world.ts'

const stranger = 'f'.repeat(64)

async function uploadMany(world: World, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const { record, job } = await uploadOne(world, String(index))
    await processImage(world, job)
    ids.push(record.id)
  }
  return ids
}

const failing = () => createWorld(fakeRenderer({ at: '600.jpg', error: new ImageError('corrupt_image', 'Damaged.') }))

/** Photos that failed for a reason that may have passed by now. */
async function uploadUnlucky(world: World, count: number): Promise<string[]> {
  const ids = await uploadMany(world, count)
  for (const id of ids) {
    const error = { code: 'worker_crashed', message: 'The worker stopped.', stage: null } as const
    world.images.records.set(id, { ...recordOf(world, id), processing_error: error })
  }
  return ids
}

describe('deleting many images', () => {
  it('deletes those that there are, and says which there are not', async () => {
    const world = createWorld()
    const [first = '', second = '', third = ''] = await uploadMany(world, 3)
    expect(await bulkDelete(world, [first, stranger, third, first])).toEqual([
      { id: first, status: 'done' },
      { id: stranger, status: 'failed', error: { code: 'not_found', message: expect.any(String) } },
      { id: third, status: 'done' },
    ])
    expect([...world.images.records.keys()]).toEqual([second])
  })

  it('goes on after one whose files cannot be deleted', async () => {
    const world = createWorld()
    const [first = '', second = ''] = await uploadMany(world, 2)
    const renditions = {
      ...world.renditions,
      deleteAll: (id: string) =>
        id === first ? Promise.reject(new ImageError('storage_unavailable', 'Away.')) : world.renditions.deleteAll(id),
    }
    expect(await bulkDelete({ ...world, renditions }, [first, second])).toMatchObject([
      { id: first, status: 'failed', error: { code: 'service_unavailable' } },
      { id: second, status: 'done' },
    ])
    expect(await bulkDelete(world, [first])).toEqual([{ id: first, status: 'done' }])
  })
})

describe('retrying what has failed', () => {
  it('takes up everything when no ids are given', async () => {
    const world = failing()
    const ids = await uploadUnlucky(world, 3)
    expect(await retryFailed(world, {})).toEqual({
      results: expect.arrayContaining(ids.map((id) => ({ id, status: 'done' }))),
      remaining: 0,
    })
    for (const id of ids) expect(recordOf(world, id)).toMatchObject({ processing_status: 'pending' })
    expect(world.jobs.sent.slice(-3)).toMatchObject(Array(3).fill({ priority: 'normal', job: { reason: 'retry' } }))
  })

  it('takes no more than one call can do, and says how many remain', async () => {
    const world = failing()
    await uploadUnlucky(world, limits.imagesPerBulkCall + 2)
    const { results, remaining } = await retryFailed(world, {})
    expect([results.length, remaining]).toEqual([limits.imagesPerBulkCall, 2])
    expect(await retryFailed(world, {})).toMatchObject({ remaining: 0 })
  })

  it('leaves alone what is beyond help, unless it is named', async () => {
    const world = failing()
    const [hopeless = ''] = await uploadMany(world, 1)
    expect(await retryFailed(world, {})).toEqual({ results: [], remaining: 0 })
    expect(recordOf(world, hopeless).processing_status).toBe('failed')
    expect(await retryFailed(world, { ids: [hopeless] })).toMatchObject({ results: [{ status: 'done' }] })
  })

  it('finds what may succeed behind any number that cannot', async () => {
    const world = failing()
    await uploadMany(world, limits.imagesPerBulkCall + 1)
    const { record, job } = await uploadOne(world, 'last')
    await processImage(world, job)
    const error = { code: 'internal_error', message: 'Unforeseen.', stage: null } as const
    world.images.records.set(record.id, { ...recordOf(world, record.id), processing_error: error })
    expect(await retryFailed(world, {})).toEqual({ results: [{ id: record.id, status: 'done' }], remaining: 0 })
  })

  it('says of an image whose job could not be sent that it was not done', async () => {
    const world = failing()
    const [id = ''] = await uploadUnlucky(world, 1)
    const jobs = { send: () => Promise.reject(new Error('away')) }
    expect(await retryFailed({ ...world, jobs }, {})).toEqual({
      results: [{ id, status: 'failed', error: { code: 'service_unavailable', message: expect.any(String) } }],
      remaining: 0,
    })
  })

  it('sends the job of an image that an earlier call could not send', async () => {
    const world = failing()
    const [id = ''] = await uploadUnlucky(world, 1)
    await retryFailed({ ...world, jobs: { send: () => Promise.reject(new Error('away')) } }, {})
    const sent = world.jobs.sent.length
    expect(await retryFailed(world, { ids: [id] })).toMatchObject({ results: [{ error: { code: 'conflict' } }] })
    world.ambient.advance(10_001)
    expect(await retryFailed(world, { ids: [id] })).toMatchObject({ results: [{ id, status: 'done' }] })
    expect(world.jobs.sent).toHaveLength(sent + 1)
    expect(lastJob(world).job_id).toBe(recordOf(world, id).job_id)
  })

  it('leaves alone what has not failed', async () => {
    const world = createWorld()
    const [id = ''] = await uploadMany(world, 1)
    expect(await retryFailed(world, { ids: [id, stranger] })).toMatchObject({
      results: [
        { status: 'failed', error: { code: 'conflict' } },
        { status: 'failed', error: { code: 'not_found' } },
      ],
    })
    expect(recordOf(world, id).processing_status).toBe('complete')
  })
})
