import type { ApplyDisplaySizesJob } from '@glowworm/events/jobs'
import { describe, expect, it } from 'vitest'
import { applyDisplaySizes } from './apply-display-sizes.ts'
import { changeDisplaySizes } from './change-display-sizes.ts'
import { getDisplaySizes } from './get-display-sizes.ts'
import { processImage } from './process-image.ts'
import { Killed, mortal } from './testing/faults.ts'
import { createWorld, lastJob, recordOf, uploadOne, type World } from './testing/world.ts'

const begin: ApplyDisplaySizesJob = { version: 1, cursor: null, unsettled: [], correlation_id: 'c-2' }
const plenty = () => 300_000

async function uploadMany(world: World, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const { record, job } = await uploadOne(world, String(index))
    await processImage(world, job)
    ids.push(record.id)
  }
  return ids
}

async function change(world: World, edit: (sizes: readonly string[]) => string[]) {
  const { revision, formats, display_sizes } = await getDisplaySizes(world.settings)
  return changeDisplaySizes(world, { revision, formats, display_sizes: edit(display_sizes) }, 'c-2')
}

/** Everything that is queued, until nothing is: newer jobs that were queued meanwhile included. */
async function work(world: World): Promise<void> {
  for (const { job } of world.jobs.sent) await processImage(world, job)
}

const add = (sizes: readonly string[]) => [...sizes, '320x240']
const namesOf = (world: World, id: string) => Object.keys(recordOf(world, id).renditions)
const keysOf = (world: World) =>
  [...world.images.records.values()].flatMap(({ renditions }) => Object.values(renditions).map(({ key }) => key))

describe('changing the display sizes', () => {
  it('stores them, says how many images that concerns, and leaves the rest to others', async () => {
    const world = createWorld()
    await uploadMany(world, 2)
    const answer = await change(world, add)
    expect(answer).toMatchObject({ revision: 1, images_affected: 2 })
    expect(answer.display_sizes).toContain('320x240')
    expect(await getDisplaySizes(world.settings)).toEqual({ ...answer, images_affected: undefined })
    expect(world.backfills.begun).toEqual([begin])
    expect(world.updates.ofSettings).toMatchObject([{ type: 'settings:changed', revision: 1 }])
    expect(world.jobs.sent).toHaveLength(2)
  })

  it('may be asked for again when its answer was lost, but not over the change of somebody else', async () => {
    const world = createWorld()
    const request = { display_sizes: ['320x240'], formats: ['jpeg' as const], revision: 0 }
    const first = await changeDisplaySizes(world, request, 'c-2')
    expect(await changeDisplaySizes(world, request, 'c-2')).toEqual(first)
    const other = changeDisplaySizes(world, { ...request, display_sizes: ['16x16'] }, 'c-2')
    await expect(other).rejects.toMatchObject({ status: 409, code: 'conflict' })
  })
})

describe('taking the display sizes to the images', () => {
  it('makes only the size that is new, behind all other work', async () => {
    const world = createWorld()
    const ids = await uploadMany(world, 3)
    const rendered = world.renderer.rendered?.length ?? 0
    await change(world, add)
    world.ambient.advance(60_000)
    expect(await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)).toEqual({ kind: 'done' })
    expect(world.jobs.sent.slice(3)).toMatchObject(Array(3).fill({ priority: 'low', job: { reason: 'display_sizes' } }))
    await work(world)
    expect(world.renderer.rendered?.slice(rendered)).toHaveLength(3 * 2)
    for (const id of ids) {
      expect(recordOf(world, id).processing_status).toBe('complete')
      expect(namesOf(world, id)).toContain('320x240.webp')
    }
    expect([...world.renditions.objects.keys()].toSorted()).toEqual(keysOf(world).toSorted())
  })

  it('deletes the files of a size that is gone, and makes none', async () => {
    const world = createWorld()
    const [id = ''] = await uploadMany(world, 1)
    const rendered = world.renderer.rendered?.length
    await change(world, (sizes) => sizes.slice(1))
    await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)
    await work(world)
    expect(world.renderer.rendered).toHaveLength(rendered ?? 0)
    expect(namesOf(world, id)).toHaveLength(12 - 2)
    expect(world.renditions.objects.size).toBe(12 - 2)
  })

  it('goes through many images in several jobs when time is short, and repeated changes nothing', async () => {
    const world = createWorld()
    const ids = await uploadMany(world, 120)
    await change(world, add)
    world.ambient.advance(60_000)
    for (const job of world.backfills.begun) await applyDisplaySizes({ ...world, remainingMs: () => 0 }, job)
    expect(world.backfills.begun).toHaveLength(3)
    expect(world.jobs.sent).toHaveLength(2 * ids.length)
    await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)
    expect(world.jobs.sent).toHaveLength(2 * ids.length)
    await work(world)
    await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)
    expect(world.jobs.sent).toHaveLength(2 * ids.length)
  })

  it('gives an image that still waits a new job, ahead of what is merely rendered anew', async () => {
    const world = createWorld()
    const { record } = await uploadOne(world)
    await change(world, add)
    await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)
    expect(world.jobs.sent.at(-1)).toMatchObject({ priority: 'high', job: { reason: 'display_sizes' } })
    await work(world)
    expect(namesOf(world, record.id)).toContain('320x240.jpg')
  })

  it('comes back for an image that a worker holds, and for uploads that had read the old sizes', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    await expect(processImage(mortal(world, 9, 'before').ports, job)).rejects.toThrow(Killed)
    await change(world, add)
    expect(await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)).toEqual({
      kind: 'retry',
      afterSeconds: 30,
    })
    world.ambient.advance(world.leaseMs)
    expect(await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)).toEqual({ kind: 'done' })
    expect(lastJob(world).job_id).toBe(recordOf(world, record.id).job_id)
    await change(world, (sizes) => [...sizes, '16x16'])
    expect(await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)).toEqual({
      kind: 'retry',
      afterSeconds: 60,
    })
  })

  it('passes on which images it has to come back for', async () => {
    const world = createWorld()
    const { record, job } = await uploadOne(world)
    await expect(processImage(mortal(world, 9, 'before').ports, job)).rejects.toThrow(Killed)
    await uploadMany(world, 60)
    await change(world, add)
    await applyDisplaySizes({ ...world, remainingMs: () => 0 }, begin)
    expect(world.backfills.begun.at(-1)).toMatchObject({ unsettled: [record.id], cursor: expect.any(String) })
  })
})
