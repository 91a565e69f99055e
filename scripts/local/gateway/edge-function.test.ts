import { expect, it } from 'vitest'
import { edgeFunction } from './edge-function.ts'

const request = { method: 'GET', uri: '/images/a', headers: { 'content-length': '12' }, requestId: 'request-1' }
const passing = (uri: string) => ({ kind: 'pass', uri })

it('gives the path that the function made of the request', () => {
  const run = edgeFunction(`function handler({ request }) { request.uri += '.html'; return request }`)
  expect(run(request)).toEqual(passing('/images/a.html'))
  expect(run(request)).toEqual(passing('/images/a.html'))
})

it('gives the answer that the function made itself, from headers and the id of the request', () => {
  const run = edgeFunction(`function handler({ request, context }) {
    const data = request.headers['content-length'].value + ' of ' + context.requestId
    return { statusCode: 413, headers: { 'content-type': { value: 'text/plain' } }, body: { encoding: 'text', data } }
  }`)
  expect(run(request)).toEqual({
    kind: 'answer',
    status: 413,
    headers: { 'content-type': 'text/plain' },
    body: '12 of request-1',
  })
})

it('takes nothing that CloudFront would not', () => {
  expect(() => edgeFunction(`function handler() { return { statusCode: 413, body: 'too large' } }`)(request)).toThrow()
  expect(() => edgeFunction(`function handler() { return { uri: 'x', method: 'GET' } }`)(request)).toThrow()
})

it('bears with a machine that is busy elsewhere in the middle of a run', () => {
  const run = edgeFunction(`function handler({ request }) {
    for (const begun = Date.now(); Date.now() - begun < 400; );
    return request
  }`)
  expect(run(request)).toEqual(passing('/images/a'))
})

it.each([
  ['this process', 'typeof process'],
  ['modules', 'typeof require'],
  ['the constructors of this side', `eventText.constructor.constructor('return typeof process')()`],
])('does not reach %s', (_what, expression) => {
  const run = edgeFunction(`function handler({ request }) { request.uri = '/' + ${expression}; return request }`)
  expect(run(request)).toEqual(passing('/undefined'))
})

it('says what it throws', () => {
  expect(() => edgeFunction(`function handler() { throw new Error('no') }`)(request)).toThrow('no')
})
