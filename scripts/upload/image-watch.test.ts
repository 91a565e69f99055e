import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { imageEvent } from '@glowworm/events/image-events'
import { describe, expect, it } from 'vitest'
import { ImageWatch } from './image-watch.ts'

const events = imageEvent
  .array()
  .parse(JSON.parse(await readFile(join(import.meta.dirname, '../../events/fixtures/image-events.v1.json'), 'utf8')))

function event(type: string) {
  const found = events.find((candidate) => candidate.type === type)
  if (found === undefined) throw new Error(`Expected a fixture of ${type}`)
  return found
}

const imageOf = (type: string) => {
  const { data } = event(type)
  if (!('image' in data)) throw new Error(`Expected ${type} to carry an image`)
  return data.image
}

function steppingClock() {
  let now = 0
  return { now: () => now, advance: (ms: number) => (now += ms) }
}

describe('a watch on an image', () => {
  it('settles when the image is complete, with the times since it began', async () => {
    const clock = steppingClock()
    const watch = new ImageWatch(clock.now)
    const processed = watch.watch(imageOf('image:created').id)

    clock.advance(100)
    watch.hear(event('image:processing:thumbnail_complete'))
    clock.advance(200)
    watch.hear(event('image:processing:complete'))

    expect(await processed).toMatchObject({ msToThumbnails: 100, msToComplete: 300 })
    expect(watch.waiting).toEqual([])
  })

  it('settles when the image has failed for good', async () => {
    const watch = new ImageWatch()
    const processed = watch.watch(imageOf('image:created').id)
    watch.hear(event('image:processing:failed'))
    expect(await processed).toMatchObject({ image: { processing_status: 'failed' }, msToComplete: null })
  })

  it('goes on waiting while a retry is still to come', () => {
    const watch = new ImageWatch()
    const failed = imageOf('image:processing:failed')
    void watch.watch(failed.id)
    watch.see({ ...failed, next_retry_at: '2026-11-23T08:00:30.000Z' })
    expect(watch.waiting).toEqual([failed.id])
  })

  it('is not misled by an older state that arrives late', async () => {
    const watch = new ImageWatch()
    const complete = imageOf('image:processing:complete')
    void watch.watch(complete.id)
    watch.see({ ...imageOf('image:processing:started'), revision: 9 })
    watch.see({ ...complete, revision: 5 })
    expect(watch.waiting).toEqual([complete.id])
  })

  it('ends with all others when waiting is given up', async () => {
    const watch = new ImageWatch()
    const waiting = ['a', 'b'].map((id) => watch.watch(id))
    watch.giveUp()
    expect(await Promise.all(waiting)).toEqual(['given up', 'given up'])
    expect(watch.waiting).toEqual([])
  })
})
