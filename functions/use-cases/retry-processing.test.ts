import { uploadedResponse } from '@glowworm/events/http-api'
import { describe, expect, it } from 'vitest'
import { ImageError } from '../core/errors.ts'
import { processImage } from './process-image.ts'
import { retryProcessing } from './retry-processing.ts'
import { fakeRenderer } from './testing/fake-renderer.ts'
import { Killed, mortal } from './testing/faults.ts'
import { createWorld, lastJob, recordOf, uploadOne } from './testing/world.ts'

describe('asking for an image to be processed again', () => {
  it('closes the breaker and queues a job behind new work', async () => {
    const world = createWorld(fakeRenderer({ at: '600.jpg', error: new ImageError('corrupt_image', 'Damaged.') }))
    const { record, job } = await uploadOne(world)
    await processImage(world, job)
    const answer = await retryProcessing(world, record.id)

    expect(uploadedResponse.parse(answer)).toEqual(answer)
    expect(answer).toMatchObject({
      background_processing: true,
      data: { processing_status: 'pending', processing_error: null, consecutive_failures: 0 },
    })
    expect(world.jobs.sent.at(-1)).toMatchObject({
      priority: 'normal',
      job: { reason: 'retry', correlation_id: 'c-1' },
    })
    expect(recordOf(world, record.id).job_id).toBe(lastJob(world).job_id)
    expect(world.updates.events.at(-1)).toMatchObject({ type: 'image:updated', status: 'pending' })
  })

  it('keeps the thumbnails of a complete image in sight, and makes nothing that is there', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    await processImage(world, job)
    await retryProcessing(world, record.id)
    expect(recordOf(world, record.id)).toMatchObject({ processing_status: 'pending', thumbnail_status: 'complete' })
    await processImage(world, lastJob(world))
    expect(recordOf(world, record.id).processing_status).toBe('complete')
    expect(world.renderer.rendered).toHaveLength(12)
  })

  it('has to wait while a worker has the image, but not for one that crashed', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    await expect(processImage(mortal(world, 9, 'before').ports, job)).rejects.toThrow(Killed)
    await expect(retryProcessing(world, record.id)).rejects.toMatchObject({
      status: 409,
      code: 'conflict',
      retryAfterSeconds: 75,
    })
    world.ambient.advance(world.leaseMs)
    expect(await retryProcessing(world, record.id)).toMatchObject({ background_processing: true })
  })

  it('queues one job that counts, however often it is asked for at once', async () => {
    const world = createWorld()
    const { record } = await uploadOne(world)
    await Promise.all(Array.from({ length: 5 }, () => retryProcessing(world, record.id)))
    for (const { job } of world.jobs.sent) expect(await processImage(world, job)).toEqual({ kind: 'done' })
    expect(world.renderer.rendered).toHaveLength(12)
    expect(recordOf(world, record.id)).toMatchObject({ processing_status: 'complete', processing_attempts: 1 })
  })

  it('is not possible for an image that does not exist', async () => {
    await expect(retryProcessing(createWorld(), 'f'.repeat(64))).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is done although nobody can be told: the worker will say more, and it is counted', async () => {
    const world = createWorld()
    const { record } = await uploadOne(world)
    const updates = { publish: () => Promise.reject(new Error('away')) }
    expect(await retryProcessing({ ...world, updates }, record.id)).toMatchObject({ background_processing: true })
    expect(world.measured).toEqual({ EventUnpublished: 1 })
  })

  it('says so when the job cannot be sent', async () => {
    const world = createWorld()
    const { record } = await uploadOne(world)
    const jobs = { send: () => Promise.reject(new Error('away')) }
    expect(await retryProcessing({ ...world, jobs }, record.id)).toMatchObject({ background_processing: false })
    expect(world.log.lines).toContainEqual(expect.objectContaining({ level: 'error' }))
  })
})
