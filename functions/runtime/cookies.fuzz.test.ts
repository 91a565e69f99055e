import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCookies } from './cookies.ts'

const name = fc.stringMatching(/^[!#$%&'*+.^_`|~\w-]{1,30}$/)
const value = fc.stringMatching(/^[!#-+.-:<-[\]-~=-]{0,60}$/)

test('gives back what was set, in any order, values with equals signs among them', () => {
  const jar = fc.dictionary(name, value, { noNullPrototype: true })
  fc.assert(
    fc.property(jar, (cookies) => {
      const pairs = Object.entries(cookies).map(([key, text]) => `${key}=${text}`)
      expect(parseCookies(pairs)).toEqual(cookies)
      expect(parseCookies(pairs.toReversed())).toEqual(cookies)
    }),
  )
})

test('reads whatever is sent, and takes nothing from anywhere else', () => {
  const sent = fc.oneof(
    fc.string({ unit: 'binary' }),
    name,
    fc.constantFrom('__proto__={}', '__proto__=glowworm_access=x', 'constructor=x', '=', '==', ''),
  )
  fc.assert(
    fc.property(fc.array(sent), (pairs) => {
      const cookies = parseCookies(pairs)
      for (const text of Object.values(cookies)) expect(typeof text).toBe('string')
      expect(Object.getPrototypeOf(cookies)).toBe(Object.prototype)
      const isSent = pairs.some((pair) => pair.trim().startsWith('glowworm_access'))
      if (!isSent) expect(cookies.glowworm_access).toBeUndefined()
    }),
  )
})
