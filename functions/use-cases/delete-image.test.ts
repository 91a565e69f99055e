import { describe, expect, it } from 'vitest'
import { deleteImage } from './delete-image.ts'
import { getImage } from './get-image.ts'
import { processImage } from './process-image.ts'
import { Killed, mortal } from './testing/faults.ts'
import { createWorld, uploadOne, type World } from './testing/world.ts'

async function processed(world: World): Promise<string> {
  const { record, job } = await uploadOne(world)
  await processImage(world, job)
  return record.id
}

const leftOvers = (world: World) => [
  world.images.records.size,
  world.originals.objects.size,
  world.renditions.objects.size,
]

describe('deleting an image', () => {
  it('leaves nothing of it, and says so', async () => {
    const world = createWorld()
    const id = await processed(world)
    const stranger = await processed(Object.assign(createWorld(), { renditions: world.renditions }))
    expect(stranger).toBe(id)
    world.renditions.objects.set('media/another/150.0a1b2c3d.jpg', new Uint8Array(1))
    const revision = world.images.records.get(id)?.revision ?? 0
    await deleteImage(world, id)
    expect(leftOvers(world)).toEqual([0, 0, 1])
    expect(world.updates.events.at(-1)).toMatchObject({ type: 'image:deleted', image_id: id, revision: revision + 1 })
  })

  it('is not possible for an image that does not exist', async () => {
    const world = createWorld()
    await expect(deleteImage(world, 'f'.repeat(64))).rejects.toMatchObject({ status: 404, code: 'not_found' })
  })

  it.each([1, 2, 3, 4, 5, 6])('is finished by asking again, when it broke off at call %i', async (call) => {
    for (const when of ['before', 'after'] as const) {
      const world = createWorld()
      const id = await processed(world)
      await expect(deleteImage(mortal(world, call, when).ports, id)).rejects.toThrow(Killed)
      if (world.images.records.has(id)) {
        if (call > 2) await expect(getImage(world.images, id)).rejects.toMatchObject({ code: 'not_found' })
        await deleteImage(world, id)
      }
      expect(leftOvers(world)).toEqual([0, 0, 0])
      expect(world.updates.events.map(({ type }) => type)).toContain('image:deleted')
    }
  })

  it('asked for many times at once, deletes once and for all', async () => {
    const world = createWorld()
    const id = await processed(world)
    await Promise.all(Array.from({ length: 5 }, () => deleteImage(world, id)))
    expect(leftOvers(world)).toEqual([0, 0, 0])
    const revisions = world.updates.events
      .filter(({ type }) => type === 'image:deleted')
      .map(({ revision }) => revision)
    expect(new Set(revisions).size).toBe(1)
  })

  it('leaves room for the same photo to be sent again', async () => {
    const world = createWorld()
    const id = await processed(world)
    await deleteImage(world, id)
    expect(await processed(world)).toBe(id)
    expect((await getImage(world.images, id)).processing_status).toBe('complete')
  })
})
