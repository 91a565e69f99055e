import type { UpdateEvent } from '@glowworm/events/update-events'
import { describe, expect, it } from 'vitest'
import { imageCreated, imageDeleted } from '../core/events-of-image.ts'
import { markDeleted } from '../core/image-lifecycle.ts'
import { makeRecord } from '../core/testing/image-factories.ts'
import { resendLostUpdates } from './resend-lost-updates.ts'
import { inMemoryDeadUpdates } from './testing/in-memory-ports.ts'
import { createWorld, uploadOne } from './testing/world.ts'

const settingsChanged: UpdateEvent = {
  id: '01KAQ9ZXH0000000000000000A',
  type: 'settings:changed',
  revision: 1,
  occurred_at: '2026-11-23T08:00:10.000Z',
  correlation_id: 'correlation-1',
  data: { display_sizes: ['1080x1920'], formats: ['jpeg'], revision: 1 },
}

/** A photo, nothing published any more, and dead letters to come. */
async function createScene() {
  const world = { ...createWorld(), remainingMs: () => 50_000 }
  const { record } = await uploadOne(world)
  world.updates.events.length = 0
  return { world, record, event: imageCreated(record, world.ambient) }
}

describe('an update that reached nobody', () => {
  it('is published again as it was, counted, and then gone', async () => {
    const { world, event } = await createScene()
    const deadUpdates = inMemoryDeadUpdates(event, settingsChanged)
    await resendLostUpdates({ ...world, deadUpdates })
    expect(world.updates.events).toEqual([event])
    expect(world.updates.ofSettings).toEqual([settingsChanged])
    expect(deadUpdates.left()).toEqual([])
    expect(world.measured).toMatchObject({ UpdateResent: 2 })
  })

  it('stays when it cannot be published, and stops no other', async () => {
    const { world, event } = await createScene()
    const deadUpdates = inMemoryDeadUpdates(settingsChanged, event)
    const removed: string[] = []
    const remove = async (receipt: string) => void removed.push(receipt)
    const publish = (each: UpdateEvent) =>
      each === settingsChanged ? Promise.reject(new Error('away')) : world.updates.publish(each)
    const ports = { ...world, deadUpdates: { ...deadUpdates, remove }, updates: { ...world.updates, publish } }
    await expect(resendLostUpdates(ports)).rejects.toThrow(AggregateError)
    expect(world.updates.events).toEqual([event])
    expect(removed).toEqual(['receipt-1'])
  })

  it('stays where it is when nobody can read it', async () => {
    const { world, event } = await createScene()
    const deadUpdates = inMemoryDeadUpdates(null, event)
    await resendLostUpdates({ ...world, deadUpdates })
    expect(deadUpdates.left()).toEqual([null])
    expect(world.updates.events).toEqual([event])
  })

  it('is dropped when its image is gone, and brings no photo back that nobody would take away again', async () => {
    const { world, record, event } = await createScene()
    await world.images.save(markDeleted(record, world.ambient.now()), record.revision)
    const ofNone = imageCreated(makeRecord({ id: 'f'.repeat(64) }), world.ambient)
    const deadUpdates = inMemoryDeadUpdates(event, ofNone)
    await resendLostUpdates({ ...world, deadUpdates })
    expect(world.updates.events).toEqual([])
    expect(deadUpdates.left()).toEqual([])
    expect(world.measured).toMatchObject({ UpdateDropped: 2 })
    expect(world.measured).not.toHaveProperty('UpdateResent')
  })

  it('is dropped after a day, and does not go round for ever', async () => {
    const { world, event } = await createScene()
    const at = (hoursAgo: number) => new Date(Date.parse(event.occurred_at) - hoursAgo * 3_600_000).toISOString()
    const late = { ...event, occurred_at: at(23.9) }
    const deadUpdates = inMemoryDeadUpdates({ ...event, occurred_at: at(24.1) }, late)
    await resendLostUpdates({ ...world, deadUpdates })
    expect(world.updates.events).toEqual([late])
    expect(deadUpdates.left()).toEqual([])
    expect(world.measured).toMatchObject({ UpdateDropped: 1, UpdateResent: 1 })
  })

  it('says that an image is gone, even if there is nothing left of it', async () => {
    const { world } = await createScene()
    const gone = imageDeleted(makeRecord({ id: 'f'.repeat(64) }), world.ambient)
    await resendLostUpdates({ ...world, deadUpdates: inMemoryDeadUpdates(gone) })
    expect(world.updates.events).toEqual([gone])
  })

  it('has its turn however many there are, a bounded number in one run', async () => {
    const { world, event } = await createScene()
    const deadUpdates = inMemoryDeadUpdates(...Array<UpdateEvent>(1_150).fill(event))
    await resendLostUpdates({ ...world, deadUpdates })
    expect(deadUpdates.left()).toHaveLength(150)
    await resendLostUpdates({ ...world, deadUpdates })
    expect(deadUpdates.left()).toEqual([])
  })
})
