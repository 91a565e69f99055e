import {
  errorResponse,
  type ImagePage,
  imagePage,
  loginResponse,
  meResponse,
  ticketResponse,
} from '@glowworm/events/http-api'
import type { z } from 'zod'

/** The API answered, and refused. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Same origin, cookies only: no token is ever in reach of a script. */
async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(path, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (response.status === 204) return null
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return answer
  const refusal = errorResponse.safeParse(answer)
  throw refusal.success
    ? new ApiError(response.status, refusal.data.error.code, refusal.data.error.message)
    : new ApiError(response.status, `http_${response.status}`, 'The server gave no reason.')
}

async function typed<Schema extends z.ZodType>(schema: Schema, answer: Promise<unknown>): Promise<z.infer<Schema>> {
  return schema.parse(await answer)
}

export const api = {
  login: (email: string, password: string) =>
    typed(loginResponse, call('POST', '/api/auth/login', { email, password })),
  logout: () => call('POST', '/api/auth/logout'),
  me: () => typed(meResponse, call('GET', '/api/auth/me')),
  listImages: (query: Record<string, string>): Promise<ImagePage> =>
    typed(imagePage, call('GET', `/api/images?${new URLSearchParams(query)}`)),
  createTicket: () => typed(ticketResponse, call('POST', '/api/ws/tickets')),
}
