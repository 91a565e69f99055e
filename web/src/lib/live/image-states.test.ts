import type { ImageEvent } from '@glowworm/events/image-events'
import { processingStatus } from '@glowworm/events/vocabulary'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { imageWith } from '#lib/testing/image.ts'
import { hear, type ImageFacts, nothingKnown, see, stateOf } from './image-states.ts'

const statuses = processingStatus.options
const envelope = {
  id: '01K00000000000000000000000',
  image_id: imageWith().id,
  occurred_at: '2026-01-01T00:00:00.000Z',
  correlation_id: 'c',
} as const

/** The one state that an image had at a revision. */
const imageAt = (revision: number) =>
  imageWith({ revision, processing_status: statuses[(revision * 7) % statuses.length] ?? 'pending' })

const revisions = fc.integer({ min: 1, max: 8 })
const progress = fc.integer({ min: 0, max: 100 })

const changed = (revision: number, percent: number): ImageEvent => ({
  ...envelope,
  type: 'image:updated',
  revision,
  status: imageAt(revision).processing_status,
  progress: percent,
  data: { image: imageAt(revision) },
})
const progressed = (revision: number, percent: number): ImageEvent => ({
  ...envelope,
  type: 'image:processing:progress',
  revision,
  status: 'processing',
  progress: percent,
  data: { rendition: '600.webp', completed: 1, total: 2 },
})
const deleted = (revision: number): ImageEvent => ({
  ...envelope,
  type: 'image:deleted',
  revision,
  status: 'complete',
  progress: 100,
  data: {},
})

type Fact = (facts: ImageFacts) => ImageFacts
const fact: fc.Arbitrary<Fact> = fc.oneof(
  revisions.map(
    (revision): Fact =>
      (facts) =>
        see(facts, imageAt(revision)),
  ),
  fc.tuple(revisions, progress).map(
    ([revision, percent]): Fact =>
      (facts) =>
        hear(facts, changed(revision, percent)),
  ),
  fc.tuple(revisions, progress).map(
    ([revision, percent]): Fact =>
      (facts) =>
        hear(facts, progressed(revision, percent)),
  ),
  revisions.map(
    (revision): Fact =>
      (facts) =>
        hear(facts, deleted(revision)),
  ),
)
const learn = (facts: readonly Fact[]) => facts.reduce((known, next) => next(known), nothingKnown)

describe('what is known of an image', () => {
  it('does not depend on the order of what is learnt, nor on how often', () => {
    const shuffled = fc.array(fact, { maxLength: 20 }).chain((facts) =>
      fc.tuple(
        fc.constant(facts),
        fc
          .subarray(facts)
          .chain((again) => fc.shuffledSubarray([...facts, ...again], { minLength: facts.length + again.length })),
      ),
    )
    fc.assert(
      fc.property(shuffled, ([facts, others]) => {
        expect(learn(others)).toEqual(learn(facts))
      }),
    )
  })

  it('is the same object when there is nothing new in it', () => {
    const facts = fc.array(fact, { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(facts, (all) => {
        const known = learn(all)
        for (const next of all) expect(next(known)).toBe(known)
      }),
    )
  })

  it('shows the newest state, and the progress within it', () => {
    const processing = imageWith({ revision: 2, processing_status: 'processing' })
    const known = hear(hear(see(nothingKnown, processing), progressed(2, 60)), progressed(2, 40))
    expect(stateOf(known)).toEqual({ image: processing, progress: 60 })
    expect(stateOf(see(known, imageWith({ revision: 1 })))).toEqual({ image: processing, progress: 60 })
  })

  it('keeps progress that comes before the state that it is about', () => {
    const known = see(
      hear(nothingKnown, progressed(2, 60)),
      imageWith({ revision: 2, processing_status: 'processing' }),
    )
    expect(stateOf(known)?.progress).toBe(60)
  })

  it('begins at nothing when it is processed again', () => {
    const failed = imageWith({ revision: 3, processing_status: 'failed' })
    const again = imageWith({ revision: 4, processing_status: 'pending' })
    const started = imageWith({ revision: 5, processing_status: 'processing' })
    const known = [failed, again, started].reduce(see, hear(nothingKnown, progressed(2, 60)))
    expect(stateOf(known)).toEqual({ image: started, progress: 0 })
  })

  it('does not bring a deleted image back, unless it was uploaded again', () => {
    const known = see(hear(nothingKnown, deleted(3)), imageWith({ revision: 2 }))
    expect(stateOf(known)).toBeNull()
    expect(stateOf(see(known, imageWith({ revision: 4 })))?.image.revision).toBe(4)
  })
})
