import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { authorizeRequest } from './authorize-request.ts'
import { inMemoryIdentity } from './testing/in-memory-ports.ts'

const user = { email: 'admin@example.org', password: 'x', groups: ['admins'], expiresAt: new Date(8.64e15) }
const identity = inMemoryIdentity(user)
let good: string
beforeAll(async () => {
  good = (await identity.signIn(user.email, user.password))?.accessToken ?? ''
})

const method = fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'get', 'TRACE', '')
const site = fc.constantFrom('same-origin', 'same-site', 'cross-site', 'none', 'SAME-ORIGIN', 'same-origin, none', '')
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }))

test('nothing but a good token lets anybody in', async () => {
  const headers = fc.dictionary(fc.oneof(fc.constantFrom('authorization', 'sec-fetch-site', 'origin'), text), text)
  const cookies = fc.dictionary(fc.oneof(fc.constantFrom('glowworm_access', '__proto__'), text), text)
  await fc.assert(
    fc.asyncProperty(method, headers, cookies, async (verb, sent, jar) => {
      expect(await authorizeRequest(identity, { method: verb, headers: sent, cookies: jar })).toBe('unauthorized')
    }),
  )
})

test('a good token in a cookie changes something only for a page of ours', async () => {
  const others = fc.dictionary(
    text.filter((name) => !/^(authorization|sec-fetch-site)$/i.test(name)),
    text,
  )
  await fc.assert(
    fc.asyncProperty(method, fc.option(site, { nil: undefined }), others, async (verb, from, more) => {
      const headers = { ...more, ...(from !== undefined && { 'sec-fetch-site': from }) }
      const decision = await authorizeRequest(identity, { method: verb, headers, cookies: { glowworm_access: good } })
      const reads = ['GET', 'HEAD', 'OPTIONS'].includes(verb)
      const isOurs = from === 'same-origin' || (reads && (from === undefined || from === 'none'))
      expect(decision).toEqual(isOurs ? { email: user.email } : 'forbidden')
    }),
  )
})

test('a bad token in the header is not made good by the cookie', async () => {
  const bad = fc.stringMatching(/^\S{1,40}$/).filter((token) => token !== good)
  await fc.assert(
    fc.asyncProperty(bad, fc.constantFrom('Bearer', 'bearer', 'BEARER'), async (token, scheme) => {
      const headers = { authorization: `${scheme} ${token}`, 'sec-fetch-site': 'same-origin' }
      const request = { method: 'GET', headers, cookies: { glowworm_access: good } }
      expect(await authorizeRequest(identity, request)).toBe('unauthorized')
    }),
  )
})
