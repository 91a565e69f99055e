import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'

export interface FrontDoorOptions {
  /** Of the HTTP API, without a slash at the end. */
  readonly apiUrl: string
  /** Address of the emulator. */
  readonly endpoint: string
  readonly renditionsBucket: string
}

/**
 * One origin for API and renditions, in front of an emulator, where a CDN would be: no emulator that was tried has one
 * that gets to both. Renditions come from their bucket, without a signature: an emulator asks for none.
 */
export async function openFrontDoor({ apiUrl, endpoint, renditionsBucket }: FrontDoorOptions) {
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/'
    forward(incoming, outgoing, (goesToApi(path) ? apiUrl : `${endpoint}/${renditionsBucket}`) + path)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Files of renditions have two dots in their names, short addresses have none or one. */
export function goesToApi(path: string): boolean {
  const [bare = ''] = path.split('?')
  return bare.startsWith('/api/') || (bare.startsWith('/media/') && !/\..*\./.test(bare))
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, url: string) {
  const to = new URL(url)
  const send = to.protocol === 'https:' ? httpsRequest : httpRequest
  const headers = { ...incoming.headers, host: to.host }
  const passed = send(to, { method: incoming.method, headers }, (answer) => {
    if (outgoing.destroyed) return void answer.destroy()
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    pipeline(answer, outgoing, () => {})
  })
  passed.on('error', (error) => {
    if (outgoing.headersSent) outgoing.destroy(error)
    else outgoing.writeHead(502).end(`Nothing answers at ${to.origin}: ${error.message}`)
  })
  incoming.pipe(passed)
}
