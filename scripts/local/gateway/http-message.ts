import type { IncomingMessage } from 'node:http'

/** A request as a gateway takes it: its body is all there, and nothing is decoded yet. */
export interface GatewayRequest {
  readonly method: string
  /** Percent-encoded, without the query. */
  readonly path: string
  /** Without `?`. */
  readonly query: string
  /** By name in lower case, one value per line of the request. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>
  readonly body: Buffer
  readonly sourceIp: string
}

export interface GatewayResponse {
  readonly status: number
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: Buffer
}

/** The path and query of a request line, untouched. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?')
  return mark === -1 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

/** All bytes of the body, or null as soon as there are more than `limit`. */
export async function readBody(message: IncomingMessage, limit: number): Promise<Buffer | null> {
  if (Number(message.headers['content-length'] ?? 0) > limit) return null
  const chunks: Buffer[] = []
  let size = 0
  // The client would not read the refusal if its connection went away with the rest of the body.
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** What API Gateway itself answers. */
export function jsonMessage(status: number, message: string): GatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
  }
}

/** `12/Mar/2020:19:03:58 +0000`, as request contexts say it. */
export function requestTime(date: Date): string {
  const [, day, month, year, time] = /, (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(date.toUTCString()) ?? []
  return `${day}/${month}/${year}:${time} +0000`
}
