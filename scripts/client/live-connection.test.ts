import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { ApiClient } from './api-client.ts'
import { LiveConnection } from './live-connection.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

const hello = {
  type: 'hello',
  connection_id: 'connection',
  channels: ['images'],
  latest_position: null,
  server_time: new Date().toISOString(),
}

/** Signs everybody in, and greets whoever subscribes. */
async function startServer(port = 0) {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo
    const answer = request.url?.endsWith('/login')
      ? {
          user: { email: 'admin@example.com', groups: ['admins'] },
          access_token: 'token',
          expires_at: new Date().toISOString(),
        }
      : { url: `ws://localhost:${port}/ws`, ticket: 'ticket', expires_at: new Date().toISOString() }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.on('message', () => socket.send(JSON.stringify(hello)))
  })
  await new Promise<void>((resolve) => server.listen(port, resolve))
  const stop = () => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
    server.closeAllConnections()
  }
  ends.push(stop)
  return { port: (server.address() as AddressInfo).port, stop }
}

it('says when the server goes away, and when it is back', { timeout: 60_000 }, async () => {
  const first = await startServer()
  const api = await ApiClient.signIn(`http://localhost:${first.port}`, 'admin@example.com', 'password')
  const reached: boolean[] = []
  const connection = await LiveConnection.open(api, {
    onEvent: () => {},
    onReach: (isThere) => reached.push(isThere),
  })
  ends.push(() => connection.close())

  first.stop()
  await expect.poll(() => reached, { timeout: 30_000 }).toEqual([false])
  await startServer(first.port)
  await expect.poll(() => reached, { timeout: 30_000 }).toEqual([false, true])
})
