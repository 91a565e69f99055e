import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { type UploadedResponse, uploadedResponse } from '@glowworm/events/http-api'
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
}

/** After so long in which a worker has an image, somebody who wants it cropped goes away. */
const patienceWithWorkersMs = 10_000

/** Runs one errand, and presses every button again until somebody answers. */
export async function runErrand(api: ApiClient, errand: Errand, deadline: number): Promise<Outcome> {
  const { photo, way, afterwards } = errand
  let title: string | null = null
  const outcome = (status: Outcome['status'], reason: string | null = null): Outcome => {
    return { errand, status, reason, title }
  }
  try {
    const sent = await send(api, errand, deadline)
    if (sent !== 'accepted') return outcome(sent)
    const path = `/api/images/${photo.id}`
    if (afterwards === 'title') {
      await persist(() => api.call('PATCH', path, { title: `Title of ${photo.name}` }), deadline)
      title = `Title of ${photo.name}`
    }
    if (afterwards === 'focal-point') await changeFocalPoint(api, path, deadline)
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

async function send(api: ApiClient, { photo, way }: Errand, deadline: number): Promise<'accepted' | 'left' | 'begun'> {
  if (way === 'direct') {
    await persist(() => sendDirectly(api, photo), deadline)
    return 'accepted'
  }
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

/** A worker that has the image comes first; a dead one has it for as long as it could have lived. */
async function changeFocalPoint(api: ApiClient, path: string, deadline: number): Promise<void> {
  const crop = () => api.call('PATCH', path, { focal_point: { x: 0.2, y: 0.8 } })
  try {
    await untilNoConflict(crop, deadline, Date.now() + patienceWithWorkersMs)
  } catch (error) {
    if (!(error instanceof Refused && error.status === 409)) throw error
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
