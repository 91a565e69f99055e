import type { ApplyDisplaySizesJob } from '@glowworm/events/jobs'
import { describe, expect, it } from 'vitest'
import type { DisplaySettings } from '../core/ports.ts'
import { applyDisplaySizes } from './apply-display-sizes.ts'
import { changeDisplaySizes } from './change-display-sizes.ts'
import { getDisplaySizes } from './get-display-sizes.ts'
import { processImage } from './process-image.ts'
import { Killed, mortal } from './testing/faults.ts'
import { createWorld, lastJob, recordOf, uploadOne, type World } from './testing/world.ts'

const begin: ApplyDisplaySizesJob = {
  version: 1,
  awaits: { revision: 1, since: '2026-11-23T08:00:00.000Z' },
  cursor: null,
  unsettled: [],
  correlation_id: 'c-2',
}
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
const stale = (settings: DisplaySettings) => async () => settings
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

  it('says how many images that concerns, however soon the work begins', async () => {
    const world = createWorld()
    await uploadMany(world, 2)
    const saveDisplaySettings: World['settings']['saveDisplaySettings'] = async (...change) => {
      const isSaved = await world.settings.saveDisplaySettings(...change)
      await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)
      return isSaved
    }
    const settings = { ...world.settings, saveDisplaySettings }
    expect(await change({ ...world, settings }, add)).toMatchObject({ images_affected: 2 })
    expect(world.images.records.values().next().value).toMatchObject({ processing_status: 'pending' })
  })

  const moments = [1, 2, 3, 4, 5].flatMap((call) => (['before', 'after'] as const).map((when) => [when, call] as const))
  it.each(moments)('stores none that nobody takes to the images, if it dies %s its call %i', async (when, call) => {
    const world = createWorld()
    // The first call is not its own.
    const dying = change(mortal(world, call + 1, when).ports, add)
    await expect(dying).rejects.toThrow()
    const { revision } = await world.settings.displaySettings()
    if (revision === 1) expect(world.backfills.begun).toMatchObject([{ awaits: { revision: 1 } }])
    else expect(revision).toBe(0)
  })

  it('stores none when the function that takes them to the images may have given them up', async () => {
    const world = createWorld()
    const begin: World['backfills']['begin'] = async (job) => {
      await world.backfills.begin(job)
      world.ambient.advance(120_000)
    }
    const late = change({ ...world, backfills: { ...world.backfills, begin } }, add)
    await expect(late).rejects.toMatchObject({ status: 503, code: 'service_unavailable' })
    expect(await world.settings.displaySettings()).toMatchObject({ revision: 0 })
  })

  it('stores none if nobody can be told to take them to the images', async () => {
    const world = createWorld()
    const backfills = { ...world.backfills, begin: () => Promise.reject(new Error('away')) }
    await expect(change({ ...world, backfills }, add)).rejects.toThrow('away')
    expect(await world.settings.displaySettings()).toMatchObject({ revision: 0 })
  })

  it('is not done before somebody could be told of it, and is told when it is asked for again', async () => {
    const world = createWorld()
    const updates = { ...world.updates, publish: () => Promise.reject(new Error('away')) }
    const request = { display_sizes: ['320x240'], formats: ['jpeg' as const], revision: 0 }
    const unheard = changeDisplaySizes({ ...world, updates }, request, 'c-2')
    await expect(unheard).rejects.toMatchObject({ status: 503, code: 'service_unavailable' })
    expect(await changeDisplaySizes(world, request, 'c-2')).toMatchObject({ revision: 1 })
    expect(world.updates.ofSettings).toMatchObject([{ type: 'settings:changed', revision: 1 }])
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
  it('waits until they are stored, and for none that never are', async () => {
    const world = createWorld()
    await uploadMany(world, 1)
    const apply = () => applyDisplaySizes({ ...world, remainingMs: plenty }, begin)
    expect(await apply()).toEqual({ kind: 'retry', afterSeconds: 1 })
    world.ambient.advance(5_000)
    expect(await apply()).toEqual({ kind: 'retry', afterSeconds: 10 })
    world.ambient.advance(55_000)
    expect(await apply()).toEqual({ kind: 'done' })
    expect(world.jobs.sent).toHaveLength(1)
  })

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

  describe('while they are changed a second time', () => {
    const first = (sizes: readonly string[]) => [...sizes, '320x240']
    const second = (sizes: readonly string[]) => [...sizes.filter((size) => size !== '320x240'), '16x16']
    const back = (sizes: readonly string[]) => sizes.filter((size) => size !== '320x240')

    /** Until the walk has nothing to come back for, as its queue would have it. */
    async function walk(world: World) {
      for (;;) {
        const outcome = await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)
        if (outcome.kind === 'done') return
        world.ambient.advance(outcome.afterSeconds * 1_000)
      }
    }

    function expectSizesOf(world: World, sizes: readonly string[]) {
      const expected = sizes.flatMap((size) => [`${size}.jpg`, `${size}.webp`]).toSorted()
      for (const id of world.images.records.keys()) {
        expect(recordOf(world, id).processing_status).toBe('complete')
        const variants = namesOf(world, id).filter((name) => name.includes('x'))
        expect(variants.toSorted()).toEqual(expected)
      }
    }

    const edits = [
      ['others', second],
      ['those before', back],
    ] as const
    const moments = [1, 2, 3].flatMap((page) => edits.map(([to, edit]) => [to, page, edit] as const))

    it.each(moments)(
      'to %s, while the first walk lists page %i, has the sizes of the second everywhere',
      async (_to, page, edit) => {
        const world = createWorld()
        await uploadMany(world, 120)
        await change(world, first)
        let pages = 0
        const list: World['images']['list'] = async (query) => {
          const listed = await world.images.list(query)
          pages += 1
          if (pages === page) {
            await change(world, edit)
            await walk(world)
            await work(world)
          }
          return listed
        }
        await applyDisplaySizes({ ...world, images: { ...world.images, list }, remainingMs: plenty }, begin)
        await work(world)
        expectSizesOf(world, (await getDisplaySizes(world.settings)).display_sizes)
      },
    )

    it.each(edits)(
      'to %s, has the sizes of the second where the first walk acts by its own a moment later',
      async (_to, edit) => {
        const world = createWorld()
        await uploadMany(world, 2)
        await change(world, first)
        const list: World['images']['list'] = async (query) => {
          const listed = await world.images.list(query)
          await change(world, edit)
          await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)
          await work(world)
          return listed
        }
        const settings = { ...world.settings, displaySettings: stale(await world.settings.displaySettings()) }
        await applyDisplaySizes({ ...world, settings, images: { ...world.images, list }, remainingMs: plenty }, begin)
        world.ambient.advance(60_000)
        await walk(world)
        await work(world)
        expectSizesOf(world, (await getDisplaySizes(world.settings)).display_sizes)
      },
    )

    it('does not take back what a walk that began later has asked for', async () => {
      const world = createWorld()
      const [id = ''] = await uploadMany(world, 1)
      await change(world, first)
      const list: World['images']['list'] = async (query) => {
        const page = await world.images.list(query)
        await change(world, second)
        await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)
        await work(world)
        return page
      }
      const settings = { ...world.settings, displaySettings: stale(await world.settings.displaySettings()) }
      await applyDisplaySizes({ ...world, settings, images: { ...world.images, list }, remainingMs: plenty }, begin)
      expect(recordOf(world, id)).toMatchObject({ processing_status: 'complete', settings_revision: 2 })
      expect(namesOf(world, id)).toContain('16x16.jpg')
    })
  })

  it('finds what waits for older sizes although it was queued after the change', async () => {
    const world = createWorld()
    const old = stale(await world.settings.displaySettings())
    await change(world, add)
    const { record } = await uploadOne({ ...world, settings: { ...world.settings, displaySettings: old } })
    world.ambient.advance(60_000)
    await applyDisplaySizes({ ...world, remainingMs: plenty }, begin)
    await work(world)
    expect(namesOf(world, record.id)).toContain('320x240.jpg')
  })

  it('goes through all images a second time if others may have worked by older sizes the first time', async () => {
    const world = createWorld()
    await uploadMany(world, 60)
    await change(world, add)
    const handing = () => applyDisplaySizes({ ...world, remainingMs: () => 0 }, begin)
    expect(await handing()).toEqual({ kind: 'retry', afterSeconds: 60 })
    world.ambient.advance(60_000)
    expect(await handing()).toEqual({ kind: 'done' })
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
