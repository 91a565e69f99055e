import { createHash } from 'node:crypto'
import { beganUploadResponse, uploadedResponse } from '@glowworm/events/http-api'
import { limits } from '@glowworm/events/vocabulary'
import { describe, expect, it } from 'vitest'
import { ImageError, type RequestError } from '../core/errors.ts'
import { markDeleted } from '../core/image-lifecycle.ts'
import { beginUpload } from './begin-upload.ts'
import { completeUpload } from './complete-upload.ts'
import { deleteImage } from './delete-image.ts'
import { mortal } from './testing/faults.ts'
import { pngBytes } from './testing/pictures.ts'
import { createWorld, lastJob, recordOf, type World } from './testing/world.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function begin(world: World, bytes = pngBytes(), declared: { size?: number; filename?: string } = {}) {
  const request = {
    filename: 'photo.png',
    size: bytes.length,
    content_type: 'image/png',
    sha256: sha256(bytes),
    ...declared,
  }
  const begun = await beginUpload(world, request, 'c-1')
  if (begun.kind !== 'begun') throw new Error('Expected the upload to begin')
  const pending = world.uploads.pending.get(begun.answer.upload.id)
  if (pending === undefined) throw new Error('Expected the upload to be kept')
  return {
    id: begun.answer.upload.id,
    answer: begun.answer,
    send: () => world.originals.objects.set(pending.original_key, bytes),
  }
}

const refusal = (world: Parameters<typeof completeUpload>[0], id: string): Promise<RequestError> =>
  completeUpload(world, id).then(
    () => expect.unreachable('Expected a refusal'),
    (error) => error,
  )

async function sendAndComplete(world: World, bytes = pngBytes()) {
  const upload = await begin(world, bytes)
  upload.send()
  return { ...upload, completed: await completeUpload(world, upload.id) }
}

describe('an upload that goes straight to storage', () => {
  it('begins with where to send the bytes', async () => {
    const { answer } = await begin(createWorld())
    expect(beganUploadResponse.parse(answer)).toEqual(answer)
    expect(answer.upload.expires_at).toBe('2026-11-23T09:00:00.000Z')
  })

  it('becomes a record, a job and an event when it is complete', async () => {
    const world = createWorld()
    const { completed } = await sendAndComplete(world)
    expect(uploadedResponse.parse(completed)).toEqual(completed)
    expect(completed).toMatchObject({ background_processing: true, data: { mime_type: 'image/png', width: 40 } })
    expect(world.jobs.sent).toMatchObject([{ priority: 'high', job: { reason: 'upload', correlation_id: 'c-1' } }])
    expect(world.updates.events.map(({ type }) => type)).toEqual(['image:created'])
  })

  it('reads a few ranges of it, however large it is', async () => {
    const world = createWorld()
    const bytes = Buffer.concat([pngBytes(), Buffer.alloc(20_000_000)])
    const upload = await begin(world, bytes)
    upload.send()
    let read = 0
    const open: World['originals']['open'] = async (key) => {
      const source = await world.originals.open(key)
      if (source === null) return null
      return {
        size: source.size,
        read: (offset, length) => {
          read += length
          return source.read(offset, length)
        },
      }
    }
    await completeUpload({ ...world, originals: { ...world.originals, open } }, upload.id)
    expect(read).toBeLessThan(200_000)
  })

  it('gives the same answer when complete is said again', async () => {
    const world = createWorld()
    const { id, completed } = await sendAndComplete(world)
    expect(await completeUpload(world, id)).toEqual(completed)
    expect(world.jobs.sent).toHaveLength(1)
  })

  it('sends the job again when complete is said again and no worker has heard of the image', async () => {
    const world = createWorld()
    const { id } = await sendAndComplete(world)
    world.jobs.sent.length = 0
    world.ambient.advance(11_000)
    expect(await completeUpload(world, id)).toMatchObject({ background_processing: true })
    const { job_id } = recordOf(world, lastJob(world).image_id)
    expect(world.jobs.sent).toMatchObject([{ priority: 'high', job: { job_id } }])
  })

  it('is one image with one job when complete is said many times at once', async () => {
    const world = createWorld()
    const upload = await begin(world)
    upload.send()
    const answers = await Promise.all(Array.from({ length: 20 }, () => completeUpload(world, upload.id)))
    for (const answer of answers) expect(answer).toMatchObject({ background_processing: true })
    expect(world.jobs.sent).toHaveLength(1)
    expect(world.updates.events).toHaveLength(1)
    expect(world.originals.objects.size).toBe(1)
  })

  it('is one image with one object when the same photo is sent many times at once', async () => {
    const world = createWorld()
    const uploads = await Promise.all(Array.from({ length: 20 }, () => begin(world)))
    const answers = await Promise.all(
      uploads.map(async ({ id, send }) => {
        send()
        return completeUpload(world, id)
      }),
    )
    expect(answers.filter(({ is_duplicate }) => is_duplicate !== true)).toHaveLength(1)
    expect(world.jobs.sent).toHaveLength(1)
    expect([...world.originals.objects.keys()]).toEqual([recordOf(world, sha256(pngBytes())).original_key])
  })

  it('does not begin for a photo that is known', async () => {
    const world = createWorld()
    const { completed } = await sendAndComplete(world)
    const bytes = pngBytes()
    const request = { filename: 'b.png', size: bytes.length, content_type: 'image/png', sha256: sha256(bytes) }
    expect(await beginUpload(world, request, 'c-2')).toMatchObject({
      kind: 'duplicate',
      answer: { is_duplicate: true, background_processing: false, data: completed.data },
    })
  })

  it('waits while the image of the same bytes is being deleted, and then goes through', async () => {
    const world = createWorld()
    const late = await begin(world)
    const { completed } = await sendAndComplete(world)
    const id = completed.data.id
    world.images.records.set(id, markDeleted(recordOf(world, id), world.ambient.now()))
    late.send()
    await expect(begin(world)).rejects.toMatchObject({ status: 409, code: 'deletion_in_progress' })
    await expect(completeUpload(world, late.id)).rejects.toMatchObject({ status: 409, code: 'deletion_in_progress' })
    await deleteImage(world, id)
    expect(await completeUpload(world, late.id)).toMatchObject({ background_processing: true, data: { id } })
  })
})

describe('an upload that is not as it should be', () => {
  it('is refused before any byte moves, if it is empty or too large', async () => {
    const world = createWorld()
    await expect(begin(world, pngBytes(), { size: 0 })).rejects.toMatchObject({ code: 'unsupported_format' })
    await expect(begin(world, pngBytes(), { size: limits.originalBytes + 1 })).rejects.toMatchObject({
      status: 413,
      code: 'payload_too_large',
    })
  })

  it('is not found under an id that nobody began', async () => {
    await expect(completeUpload(createWorld(), '01KAQ9ZXH00000000000000000')).rejects.toMatchObject({
      status: 404,
      code: 'upload_not_found',
    })
  })

  it('is not complete before its bytes have arrived, and has expired after an hour', async () => {
    const world = createWorld()
    const upload = await begin(world)
    await expect(completeUpload(world, upload.id)).rejects.toMatchObject({ status: 409, code: 'upload_not_received' })
    world.ambient.advance(3_600_000)
    await expect(completeUpload(world, upload.id)).rejects.toMatchObject({ status: 410, code: 'upload_expired' })
  })

  it('is taken after it has expired, if its bytes are there', async () => {
    const world = createWorld()
    const upload = await begin(world)
    upload.send()
    world.ambient.advance(3_600_000)
    expect(await completeUpload(world, upload.id)).toMatchObject({ background_processing: true })
  })

  it.each([
    ['of another size than declared', pngBytes(), { size: 7 }, 'checksum_mismatch'],
    ['of another kind', Buffer.from('%PDF-1.7 something'), {}, 'unsupported_format'],
    ['whose header is damaged', pngBytes().subarray(0, 20), {}, 'corrupt_image'],
    ['with too many pixels', pngBytes({ width: 20_001, height: 1 }), {}, 'image_too_large'],
  ])('is refused, with the same reason however often it is asked: bytes %s', async (_what, bytes, declared, code) => {
    const world = createWorld()
    const upload = await begin(world, bytes, declared)
    upload.send()
    const first = await refusal(world, upload.id)
    expect(first).toMatchObject({ name: 'RequestError', code })
    expect([world.originals.objects.size, world.images.records.size, world.jobs.sent.length]).toEqual([0, 0, 0])
    expect(await refusal(world, upload.id)).toEqual(first)
    expect(world.uploads.settled).toEqual(new Set([upload.id]))
  })

  it('is known by its ids before it is refused, for the first time and each time after it', async () => {
    const world = createWorld()
    const bytes = Buffer.from('%PDF-1.7 something')
    const upload = await begin(world, bytes)
    upload.send()
    const found: unknown[] = []
    for (let call = 0; call < 2; call++) {
      await expect(completeUpload(world, upload.id, (each) => found.push(each))).rejects.toThrow()
    }
    const ids = { id: upload.id, sha256: sha256(bytes), correlation_id: 'c-1' }
    expect(found).toMatchObject([ids, ids])
  })

  it('is refused for its reason by all of many calls at once, whichever of them deletes the bytes', async () => {
    const world = createWorld()
    const upload = await begin(world, Buffer.from('%PDF-1.7 something'))
    upload.send()
    const refusals = await Promise.all(Array.from({ length: 20 }, () => refusal(world, upload.id)))
    for (const { code } of refusals) expect(code).toBe('unsupported_format')
  })

  it('is refused for its reason although the call that found it broke off anywhere', async () => {
    for (let call = 1; ; call++) {
      const world = createWorld()
      const upload = await begin(world, Buffer.from('%PDF-1.7 something'))
      upload.send()
      const dying = mortal(world, call, 'after')
      await refusal(dying.ports, upload.id)
      expect(await refusal(world, upload.id)).toMatchObject({ status: 415, code: 'unsupported_format' })
      if (call > dying.calls()) break
    }
  })

  it('is refused for its reason although its bytes go while they are read', async () => {
    const world = createWorld()
    const upload = await begin(world, Buffer.from('%PDF-1.7 something'))
    upload.send()
    const open: World['originals']['open'] = async (key) => {
      const source = await world.originals.open(key)
      if (source === null) return null
      const read = async () => {
        await refusal(world, upload.id)
        throw new ImageError('original_missing', 'Gone.')
      }
      return { ...source, read }
    }
    const late = { ...world, originals: { ...world.originals, open } }
    expect(await refusal(late, upload.id)).toMatchObject({ code: 'unsupported_format' })
  })

  it('is refused for its reason although its bytes cannot be deleted, which is left to the sweep', async () => {
    const world = createWorld()
    const upload = await begin(world, Buffer.from('%PDF-1.7 something'))
    upload.send()
    const originals = { ...world.originals, delete: () => Promise.reject(new Error('away')) }
    expect(await refusal({ ...world, originals }, upload.id)).toMatchObject({ code: 'unsupported_format' })
    expect(world.uploads.settled.size).toBe(0)
  })
})
