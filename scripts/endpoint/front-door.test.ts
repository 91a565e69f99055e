import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { goesToApi, openFrontDoor } from './front-door.ts'

it.each([
  ['/api/images?limit=1.2.3', true],
  ['/media/abc/1080x1920', true],
  ['/media/abc/1080x1920.webp', true],
  ['/media/abc/1080x1920.0a1b2c3d.webp', false],
  ['/', false],
  ['/settings', false],
  ['/_app/immutable/entry.js', false],
])('%s goes to the API: %s', (path, expected) => {
  expect(goesToApi(path)).toBe(expected)
})

it('outlives a caller who does not wait for the answer', async () => {
  const asked = Promise.withResolvers<ServerResponse>()
  const api = createServer((request, response) => {
    if (request.url === '/api/slow') asked.resolve(response)
    else response.end('here')
  })
  await once(api.listen(0, '127.0.0.1'), 'listening')
  const apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  const door = await openFrontDoor({ apiUrl, endpoint: apiUrl, renditionsBucket: 'renditions' })
  const caller = new AbortController()
  const gone = fetch(`${door.url}/api/slow`, { signal: caller.signal }).catch((error: Error) => error.name)
  const answer = await asked.promise
  caller.abort()
  expect(await gone).toBe('AbortError')
  // The door has seen that the caller is gone once it answers the next.
  expect(await (await fetch(`${door.url}/api/next`)).text()).toBe('here')
  answer.end('late')
  await once(answer, 'close')
  expect(await (await fetch(`${door.url}/api/next`)).text()).toBe('here')
  await door.close()
  api.closeAllConnections()
  api.close()
})
