import { expect, it } from 'vitest'
import { ImageError } from '../core/errors.ts'
import { changeDisplaySizes } from './change-display-sizes.ts'
import { displaySizesCoverage } from './display-sizes-coverage.ts'
import { processImage } from './process-image.ts'
import { fakeRenderer } from './testing/fake-renderer.ts'
import { createWorld, uploadOne, type World } from './testing/world.ts'

const concurrency = 2
const failing = fakeRenderer({ at: '16x16.webp', error: new ImageError('corrupt_image', 'Damaged.') })

async function render(world: World, salt: string, during = 0): Promise<void> {
  const { job } = await uploadOne(world, salt)
  const slow: World = {
    ...world,
    renderer: {
      ...world.renderer,
      render: (...args) => {
        world.ambient.advance(during)
        return world.renderer.render(...args)
      },
    },
  }
  await processImage(slow, job)
}
const change = (world: World, display_sizes: string[]) =>
  changeDisplaySizes(world, { display_sizes, formats: ['jpeg', 'webp'], revision: 0 }, 'c-2')

it('counts, for each size of now, the images that have it in every format', async () => {
  const world = createWorld()
  await change(world, ['16x16', '32x32'])
  await render(world, 'a')
  await render(world, 'b')
  await uploadOne(world, 'c')
  const coverage = await displaySizesCoverage({ ...world, concurrency })
  expect(coverage).toMatchObject({
    images: 3,
    failed: 0,
    sizes: { '16x16': { complete: 2 }, '32x32': { complete: 2 } },
  })
})

it('leaves out what failed, which gets no size until it is retried', async () => {
  const world = createWorld(failing)
  await change(world, ['32x32', '16x16'])
  await render(world, 'a')
  expect(await displaySizesCoverage({ ...world, concurrency })).toMatchObject({
    images: 0,
    failed: 1,
    sizes: { '16x16': { complete: 0 }, '32x32': { complete: 0 } },
  })
})

it('expects of new work what the newest images took, shared by those that are worked on together', async () => {
  const world = createWorld()
  await render(world, 'a', 1_000)
  await render(world, 'b', 3_000)
  await render(world, 'c', 9_000)
  expect((await displaySizesCoverage({ ...world, concurrency })).estimate).toEqual({ ms_per_image: 1_500 })
})

it('expects nothing as long as nothing was rendered', async () => {
  const world = createWorld()
  await uploadOne(world)
  expect((await displaySizesCoverage({ ...world, concurrency })).estimate).toEqual({ ms_per_image: null })
})
