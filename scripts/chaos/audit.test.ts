import type { Image } from '@glowworm/events/image'
import { describe, expect, it } from 'vitest'
import { Refused } from '../client/api-client.ts'
import { auditOutcomes } from './audit.ts'
import type { Errand, Outcome } from './client.ts'
import type { Photo } from './photos.ts'

const id = 'f'.repeat(64)

/** What is found if a client has sent one photo, and was told so. */
function audit(kind: Photo['kind'], outcome: Partial<Outcome>, image: Partial<Image> | null) {
  const photo: Photo = { name: 'a.jpg', bytes: Buffer.of(1), id, kind }
  const errand: Errand = { photo, way: 'direct', afterwards: 'nothing' }
  const whole = {
    errand,
    status: 'accepted',
    reason: null,
    title: null,
    focalPoint: null,
    gaveUpCropping: false,
  } as const
  const getImage = async () => {
    if (image === null) throw new Refused(404, 'not_found', 'There is no such image.')
    return { id, title: null, focal_point: null, processing_error: null, ...image } as Image
  }
  return auditOutcomes({ getImage }, [{ ...whole, ...outcome }])
}

const complete = { processing_status: 'complete' } as const
const failed = (code: NonNullable<Image['processing_error']>['code']): Partial<Image> => ({
  processing_status: 'failed',
  processing_error: { code, message: 'No.', stage: 'thumbnails' },
})
const refused = (reason: string) => ({ status: 'refused', reason }) as const

describe('the audit of what clients were told', () => {
  it.each<[string, ...Parameters<typeof audit>]>([
    ['a good photo that is complete', 'good', {}, complete],
    ['a damaged one that has failed for it', 'hostile', {}, failed('corrupt_image')],
    ['a damaged one that was refused for it', 'hostile', refused('corrupt_image'), null],
    ['a good one that was deleted', 'good', { status: 'deleted' }, null],
    ['one of a folder, of which nothing is known', 'unknown', {}, complete],
  ])('accepts %s', async (_what, ...told) => {
    expect(await audit(...told)).toEqual([])
  })

  it.each<[string, RegExp, ...Parameters<typeof audit>]>([
    ['a damaged photo that is complete', /damaged, and complete/, 'hostile', {}, complete],
    ['one whose sender is not told that it arrived', /damaged, and complete/, 'hostile', { status: 'left' }, complete],
    ['a damaged one that is said to have failed for us', /internal_error/, 'hostile', {}, failed('internal_error')],
    ['a good one that is lost', /no image/, 'good', {}, null],
    ['a good one that nobody can process', /corrupt_image/, 'good', {}, failed('corrupt_image')],
    ['a good one that was refused', /refused/, 'good', refused('corrupt_image'), null],
    ['a damaged one that was refused for something of ours', /refused/, 'hostile', refused('http_413'), null],
    ['one that was deleted, and is there', /deleted/, 'good', { status: 'deleted' }, complete],
    ['a title that was forgotten', /title/, 'good', { title: 'Sea' }, complete],
    ['a crop that was forgotten', /cropped/, 'good', { focalPoint: { x: 0, y: 1 } }, complete],
    ['one that nobody ever answered', /nobody/, 'good', { status: 'lost' }, null],
  ])('finds %s', async (_what, finding, ...told) => {
    expect(await audit(...told)).toEqual([expect.stringMatching(finding)])
  })
})
