import { expect, it } from 'vitest'
import { edgeFunction } from './edge-function.ts'

const request = { method: 'GET', uri: '/images/a' }

it('gives the path that the function made of the request', () => {
  const run = edgeFunction(`function handler({ request }) { request.uri += '.html'; return request }`)
  expect(run(request)).toBe('/images/a.html')
  expect(run(request)).toBe('/images/a.html')
})

it('bears with a machine that is busy elsewhere in the middle of a run', () => {
  const run = edgeFunction(`function handler({ request }) {
    for (const begun = Date.now(); Date.now() - begun < 400; );
    return request
  }`)
  expect(run(request)).toBe('/images/a')
})

it.each([
  ['this process', 'typeof process'],
  ['modules', 'typeof require'],
  ['the constructors of this side', `eventText.constructor.constructor('return typeof process')()`],
])('does not reach %s', (_what, expression) => {
  const run = edgeFunction(`function handler({ request }) { request.uri = '/' + ${expression}; return request }`)
  expect(run(request)).toBe('/undefined')
})

it('says what it throws', () => {
  expect(() => edgeFunction(`function handler() { throw new Error('no') }`)(request)).toThrow('no')
})
