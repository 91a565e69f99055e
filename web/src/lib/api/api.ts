import {
  type BeganUploadResponse,
  type BeginUploadRequest,
  type BulkResponse,
  beganUploadResponse,
  bulkResponse,
  type ChangeDisplaySizesRequest,
  type ChangeImageRequest,
  changedDisplaySizesResponse,
  checkDuplicatesResponse,
  displaySizesCoverageResponse,
  displaySizesResponse,
  errorResponse,
  type ImagePage,
  imagePage,
  imageResponse,
  loginResponse,
  meResponse,
  processingStatsResponse,
  type RetryFailedRequest,
  redriveResponse,
  retriedFailedResponse,
  ticketResponse,
  type UploadedResponse,
  uploadedResponse,
} from '@glowworm/events/http-api'
import type { Image } from '@glowworm/events/image'
import type { z } from 'zod'
import { Refused, reasonOfStatus, Unreachable } from './errors.ts'
import { SessionExpiry } from './session-expiry.ts'

/** Whatever is called after the session has run out waits here, and goes on as if nothing had been. */
export const expiry = new SessionExpiry()

interface Options {
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
  /** Goes on when the page is left. */
  readonly keepAlive?: boolean
}

/** Same origin, cookies only: no token is ever in reach of a script. */
async function send(method: string, path: string, { body, signal, keepAlive = false }: Options): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      signal: signal ?? null,
      keepalive: keepAlive,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new Unreachable('The server cannot be reached.', { cause })
  }
}

let renewal: Promise<boolean> | null = null

/** Asking who is signed in renews a session that has run out. One question serves all that wait for it. */
function renewSession(): Promise<boolean> {
  renewal ??= send('GET', '/api/auth/me', {})
    .then(({ ok, status }) => {
      if (!ok && status !== 401) throw new Unreachable('The session could not be renewed.')
      return ok
    })
    .finally(() => {
      renewal = null
    })
  return renewal
}

/** Whether the session goes on, renewed or signed in to again. */
const isSessionOpen = async (signal?: AbortSignal): Promise<boolean> =>
  (await renewSession()) || (await expiry.signedInAgain(signal))

/** @throws Refused, Unreachable, or the reason of `signal` */
async function call(method: string, path: string, options: Options = {}): Promise<unknown> {
  let response = await send(method, path, options)
  if (response.status === 401 && !path.startsWith('/api/auth/')) {
    if (await isSessionOpen(options.signal)) response = await send(method, path, options)
  }
  if (response.status === 204) return null
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return answer
  const refusal = errorResponse.safeParse(answer)
  throw refusal.success
    ? new Refused(response.status, refusal.data.error.code, refusal.data.error.message)
    : new Refused(response.status, `http_${response.status}`, reasonOfStatus(response.status))
}

async function typed<Schema extends z.ZodType>(schema: Schema, answer: Promise<unknown>): Promise<z.infer<Schema>> {
  const parsed = schema.safeParse(await answer)
  if (parsed.success) return parsed.data
  const message =
    'The server answered in a way that this page does not know. It may be older than the server: reload it.'
  throw new Error(message, { cause: parsed.error })
}

export const api = {
  login: (email: string, password: string) =>
    typed(loginResponse, call('POST', '/api/auth/login', { body: { email, password } })),
  logout: () => call('POST', '/api/auth/logout'),
  /** Before what cannot wait for it: the last call of a page that is left has nobody to renew its session. */
  async openSession(): Promise<void> {
    await isSessionOpen()
  },
  me: () => typed(meResponse, call('GET', '/api/auth/me')),

  listImages: (query: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<ImagePage> =>
    typed(imagePage, call('GET', `/api/images?${new URLSearchParams(query)}`, { signal })),
  getImage: async (id: string): Promise<Image> => (await typed(imageResponse, call('GET', `/api/images/${id}`))).data,
  /** Which of these there are, by id; up to 500. */
  async getImages(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Image>> {
    const answer = call('POST', '/api/images/check-duplicates', { body: { hashes: ids }, signal })
    const { results } = await typed(checkDuplicatesResponse, answer)
    return new Map(Object.entries(results).flatMap(([id, { image }]) => (image === null ? [] : [[id, image]])))
  },
  changeImage: async (id: string, body: ChangeImageRequest): Promise<Image> =>
    (await typed(imageResponse, call('PATCH', `/api/images/${id}`, { body }))).data,
  bulkDelete: (ids: readonly string[], keepAlive: boolean): Promise<BulkResponse> =>
    typed(bulkResponse, call('POST', '/api/images/bulk-delete', { body: { ids }, keepAlive })),
  retryProcessing: async (id: string): Promise<Image> =>
    (await typed(uploadedResponse, call('POST', `/api/images/${id}/retry-processing`))).data,
  retryFailed: (body: RetryFailedRequest) =>
    typed(retriedFailedResponse, call('POST', '/api/images/retry-failed', { body })),

  beginUpload: (body: BeginUploadRequest, signal: AbortSignal): Promise<BeganUploadResponse | UploadedResponse> =>
    typed(beganUploadResponse.or(uploadedResponse), call('POST', '/api/uploads', { body, signal })),
  completeUpload: (id: string, signal: AbortSignal): Promise<UploadedResponse> =>
    typed(uploadedResponse, call('POST', `/api/uploads/${id}/complete`, { signal })),

  displaySizes: () => typed(displaySizesResponse, call('GET', '/api/settings/display-sizes')),
  displaySizesCoverage: () => typed(displaySizesCoverageResponse, call('GET', '/api/settings/display-sizes/coverage')),
  changeDisplaySizes: (body: ChangeDisplaySizesRequest) =>
    typed(changedDisplaySizesResponse, call('PUT', '/api/settings/display-sizes', { body })),

  processingStats: () => typed(processingStatsResponse, call('GET', '/api/processing/stats')),
  redrive: () => typed(redriveResponse, call('POST', '/api/processing/redrive')),

  createTicket: (signal: AbortSignal) => typed(ticketResponse, call('POST', '/api/ws/tickets', { signal })),
}
