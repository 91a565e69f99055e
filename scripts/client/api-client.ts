import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import {
  type BeganUploadResponse,
  type BeginUploadRequest,
  beganUploadResponse,
  checkDuplicatesResponse,
  errorResponse,
  gatewayRefusal,
  imagePage,
  imageResponse,
  loginResponse,
  ticketResponse,
  type UploadedResponse,
  uploadedResponse,
} from '@glowworm/events/http-api'
import type { Image } from '@glowworm/events/image'
import { z } from 'zod'

/** The server answered, and refused. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Nothing that speaks HTTP was reached. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

const attempts = 4
/** How long an answer may take, in milliseconds: a little longer than API Gateway lets anything take. */
const patienceMs = 35_000
/** How long the sending of bytes may stand still, in milliseconds. */
const standstillMs = 60_000

/** A 4xx is an answer and is never repeated, but for 429; what else fails may pass. */
async function withRetries<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act()
    } catch (error) {
      const passing =
        error instanceof Refused ? error.status >= 500 || error.status === 429 : error instanceof Unreachable
      if (!passing || attempt === attempts) throw error
      await wait(Math.random() * 250 * 2 ** attempt)
    }
  }
}

/** The HTTP API of one Glowworm, as one signed-in admin. Answers are checked against the contract. */
export class ApiClient {
  readonly url: string
  readonly accessToken: string

  private constructor(url: string, accessToken: string) {
    this.url = url
    this.accessToken = accessToken
  }

  /** @throws Unreachable, or Refused (`invalid_credentials`). */
  static async signIn(url: string, email: string, password: string): Promise<ApiClient> {
    const body = JSON.stringify({ email, password, mode: 'bearer' })
    const answer = await exchange(`${url}/api/auth/login`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    const { access_token } = loginResponse.parse(answer)
    if (access_token === undefined) throw new Error('Expected an access token in the answer to a bearer login')
    return new ApiClient(url, access_token)
  }

  async beginUpload(upload: BeginUploadRequest): Promise<BeganUploadResponse | UploadedResponse> {
    return z.union([uploadedResponse, beganUploadResponse]).parse(await this.call('POST', '/api/uploads', upload))
  }

  async completeUpload(uploadId: string): Promise<UploadedResponse> {
    return uploadedResponse.parse(await this.call('POST', `/api/uploads/${uploadId}/complete`))
  }

  async findDuplicates(hashes: readonly string[]): Promise<ReadonlyMap<string, Image>> {
    const { results } = checkDuplicatesResponse.parse(
      await this.call('POST', '/api/images/check-duplicates', { hashes }),
    )
    return new Map(Object.entries(results).flatMap(([hash, { image }]) => (image ? [[hash, image] as const] : [])))
  }

  async getImage(id: string): Promise<Image> {
    return imageResponse.parse(await this.call('GET', `/api/images/${id}`)).data
  }

  async listImages(query: Readonly<Record<string, string>> = {}) {
    return imagePage.parse(await this.call('GET', `/api/images?${new URLSearchParams(query)}`))
  }

  async createTicket() {
    return ticketResponse.parse(await this.call('POST', '/api/ws/tickets'))
  }

  /** Any call, as it is on the wire; the answer is parsed JSON, or null if there is none. */
  call(method: string, path: string, body?: unknown): Promise<unknown> {
    return withRetries(() =>
      exchange(this.url + path, {
        method,
        headers: {
          authorization: `Bearer ${this.accessToken}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
  }
}

async function exchange(url: string, init: RequestInit): Promise<unknown> {
  let response: Response
  let text: string
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) })
    text = await response.text()
  } catch (error) {
    throw new Unreachable(`Nothing answers at ${new URL(url).origin}`, { cause: error })
  }
  const answer = parseJson(text)
  if (response.ok) return answer
  const refusal = errorResponse.safeParse(answer)
  if (refusal.success) throw new Refused(response.status, refusal.data.error.code, refusal.data.error.message)
  const byGateway = gatewayRefusal.safeParse(answer)
  const reason = byGateway.success ? byGateway.data.message : text.slice(0, 200) || response.statusText
  throw new Refused(response.status, `http_${response.status}`, reason)
}

function parseJson(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Bytes to send. */
export interface Payload {
  readonly size: number
  /** Called again for each attempt. */
  open(): Readable
}

/**
 * Sends a file's bytes where `beginUpload` said. Not `fetch`: it tells no progress of what it sends.
 * @param onBytes is told how many bytes have left, and a negative number when an attempt starts over
 */
export function sendBytes(
  upload: BeganUploadResponse['upload'],
  payload: Payload,
  onBytes: (count: number) => void,
): Promise<void> {
  return withRetries(async () => {
    let sent = 0
    try {
      await put(upload, payload, (count) => {
        sent += count
        onBytes(count)
      })
    } catch (error) {
      onBytes(-sent)
      throw error
    }
  })
}

async function put(upload: BeganUploadResponse['upload'], payload: Payload, onBytes: (count: number) => void) {
  const request = upload.url.startsWith('https:') ? httpsRequest : httpRequest
  // The length is signed, too; without it Node would send chunks.
  const headers = { ...upload.headers, 'content-length': payload.size }
  const outgoing = request(upload.url, { method: upload.method, headers })
  outgoing.setTimeout(standstillMs, () => outgoing.destroy(new Error('Nothing moved')))
  const answered = new Promise<{ status: number; text: string }>((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
  })
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length)
      done(null, chunk)
    },
  })
  const sending = pipeline(payload.open(), counter, outgoing)
  // Storage may refuse before all bytes have left: its answer is what counts, whatever became of the sending.
  sending.catch(() => {})
  const { status, text } = await answered
    .catch((cause: unknown) => {
      throw new Unreachable(`Storage at ${new URL(upload.url).origin} broke off`, { cause })
    })
    .finally(() => outgoing.destroy())
  if (status < 200 || status > 299) {
    const code = /<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? `http_${status}`
    const message = /<Message>([^<]+)<\/Message>/.exec(text)?.[1] ?? 'no reason given'
    throw new Refused(status, code, `Storage refused the bytes: ${message}`)
  }
}
