import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { type UploadedResponse, uploadedResponse } from '@glowworm/events/http-api'
import type { FocalPoint } from '@glowworm/events/image'
import { type ApiClient, Refused, sendBytes, Unreachable } from '../client/api-client.ts'
import { persist } from './persistent-calls.ts'
import type { Photo } from './photos.ts'

export interface Errand {
  readonly photo: Photo
  /** `silent` sends the bytes and never says that they have arrived; `begun` does not even send them. */
  readonly way: 'direct' | 'presigned' | 'silent' | 'begun'
  readonly afterwards: 'nothing' | 'title' | 'focal-point' | 'delete' | 'delete-and-again'
}

/** What a client knows in the end. */
export interface Outcome {
  readonly errand: Errand
  /** `left` is a silent upload whose bytes storage has taken; `lost` is one that nobody ever answered. */
  readonly status: 'accepted' | 'deleted' | 'left' | 'begun' | 'refused' | 'lost'
  /** Of a refusal, or what went wrong last. */
  readonly reason: string | null
  /** What the image must be called, if the client was told that it is. */
  readonly title: string | null
  /** How it must be cropped, if the client was told that it is. */
  readonly focalPoint: FocalPoint | null
  /** Whether it wanted another crop, and went away because a worker had the image all the time. */
  readonly gaveUpCropping: boolean
}

const focalPoint: FocalPoint = { x: 0.2, y: 0.8 }

/** After so long in which a worker has an image, somebody who wants it cropped goes away. */
const patienceWithWorkersMs = 10_000

/** Runs one errand, and presses every button again until somebody answers. */
export async function runErrand(api: ApiClient, errand: Errand, deadline: number): Promise<Outcome> {
  const { photo, way, afterwards } = errand
  let title: string | null = null
  let cropped: boolean | null = null
  const outcome = (status: Outcome['status'], reason: string | null = null): Outcome => {
    return {
      errand,
      status,
      reason,
      title,
      focalPoint: cropped === true ? focalPoint : null,
      gaveUpCropping: cropped === false,
    }
  }
  try {
    const sent = await send(api, errand, deadline)
    if (sent !== 'accepted') return outcome(sent)
    const path = `/api/images/${photo.id}`
    if (afterwards === 'title') {
      await persist(() => api.call('PATCH', path, { title: `Title of ${photo.name}` }), deadline)
      title = `Title of ${photo.name}`
    }
    if (afterwards === 'focal-point') cropped = await changeFocalPoint(api, path, deadline)
    if (afterwards === 'delete' || afterwards === 'delete-and-again') {
      await deleteImage(api, path, deadline)
      if (afterwards === 'delete') return outcome('deleted')
      await sendAgain(api, { ...errand, way: way === 'direct' ? 'direct' : 'presigned' }, deadline)
    }
    return outcome('accepted')
  } catch (error) {
    if (error instanceof Refused && error.status < 500) return outcome('refused', error.code)
    return outcome('lost', String(error))
  }
}

async function send(api: ApiClient, errand: Errand, deadline: number): Promise<'accepted' | 'left' | 'begun'> {
  if (errand.way === 'direct') {
    await persist(() => sendDirectly(api, errand.photo), deadline)
    return 'accepted'
  }
  for (;;) {
    try {
      return await sendPresigned(api, errand, deadline)
    } catch (error) {
      // What was refused is forgotten: whoever did not hear why has to begin anew, and hears it then.
      const isForgotten = error instanceof Refused && error.code === 'upload_not_found'
      if (!isForgotten || Date.now() > deadline) throw error
    }
  }
}

async function sendPresigned(
  api: ApiClient,
  { photo, way }: Errand,
  deadline: number,
): Promise<'accepted' | 'left' | 'begun'> {
  const begun = await persist(
    () =>
      api.beginUpload({
        filename: photo.name,
        size: photo.bytes.length,
        content_type: 'application/octet-stream',
        sha256: photo.id,
      }),
    deadline,
  )
  if (!('upload' in begun)) return 'accepted'
  if (way === 'begun') return 'begun'
  const { upload } = begun
  const payload = { size: photo.bytes.length, open: () => Readable.from([photo.bytes]) }
  await persist(() => sendBytes(upload, payload, () => {}), deadline)
  if (way === 'silent') return 'left'
  await persist(() => api.completeUpload(upload.id), deadline)
  return 'accepted'
}

async function sendDirectly(api: ApiClient, photo: Photo): Promise<UploadedResponse> {
  const form = new FormData()
  form.set('file', new File([new Uint8Array(photo.bytes)], photo.name))
  let response: Response
  try {
    response = await fetch(`${api.url}/api/images/upload`, {
      method: 'POST',
      body: form,
      headers: { authorization: `Bearer ${api.accessToken}` },
    })
  } catch (cause) {
    throw new Unreachable(`Nothing answers at ${api.url}`, { cause })
  }
  const answer = (await response.json().catch(() => null)) as { error?: { code?: string } } | null
  if (response.ok) return uploadedResponse.parse(answer)
  throw new Refused(response.status, answer?.error?.code ?? `http_${response.status}`, 'The upload was refused.')
}

/**
 * A worker that has the image comes first; a dead one has it for as long as it could have lived.
 * @returns false if that was too long
 */
async function changeFocalPoint(api: ApiClient, path: string, deadline: number): Promise<boolean> {
  const crop = () => api.call('PATCH', path, { focal_point: focalPoint })
  try {
    await untilNoConflict(crop, deadline, Date.now() + patienceWithWorkersMs)
    return true
  } catch (error) {
    if (error instanceof Refused && error.status === 409) return false
    throw error
  }
}

async function deleteImage(api: ApiClient, path: string, deadline: number): Promise<void> {
  try {
    await persist(() => api.call('DELETE', path), deadline)
  } catch (error) {
    // An earlier attempt has done it; only its answer was lost.
    if (!(error instanceof Refused && error.status === 404)) throw error
  }
}

async function sendAgain(api: ApiClient, errand: Errand, deadline: number): Promise<void> {
  await untilNoConflict(() => send(api, errand, deadline), deadline)
}

async function untilNoConflict(
  act: () => Promise<unknown>,
  deadline: number,
  conflictDeadline = deadline,
): Promise<void> {
  for (;;) {
    try {
      await persist(act, deadline)
      return
    } catch (error) {
      if (!(error instanceof Refused && error.status === 409) || Date.now() > conflictDeadline) throw error
      await wait(500)
    }
  }
}
