import type { RandomSequence } from '../local/faults/random.ts'
import { oneOf } from './choices.ts'
import type { Errand } from './client.ts'
import type { Photo } from './photos.ts'

/** What clients are to do with the photos; some are sent by two of them. */
export function errandsFor(photos: readonly Photo[], random: RandomSequence): readonly Errand[] {
  return photos.flatMap((photo): Errand[] => {
    const way = oneOf(random, ['direct', 'direct', 'presigned', 'presigned', 'presigned', 'silent', 'begun'] as const)
    const afterwards =
      way === 'silent' || way === 'begun' || photo.kind !== 'good'
        ? 'nothing'
        : oneOf(random, [
            'nothing',
            'nothing',
            'nothing',
            'title',
            'focal-point',
            'delete',
            'delete-and-again',
          ] as const)
    const errand: Errand = { photo, way, afterwards }
    // The same photo from two people at once; deleted by one of them, nobody could say what is right.
    const twice = random() < 0.15 && !afterwards.startsWith('delete')
    return twice ? [errand, { photo, way: oneOf(random, ['direct', 'presigned']), afterwards: 'nothing' }] : [errand]
  })
}
