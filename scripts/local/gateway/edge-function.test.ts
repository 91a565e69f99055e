import { expect, it } from 'vitest'
import { edgeFunction } from './edge-function.ts'

const request = {
  method: 'GET',
  uri: '/images/a',
  headers: { 'content-length': '12' },
  viewerIp: '192.0.2.1',
  requestId: 'request-1',
}
const passing = (uri: string, headers: Record<string, string> = {}) => ({ kind: 'pass', uri, headers })

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

it('tells which headers the function added or replaced, and knows who asks', () => {
  const run = edgeFunction(`function handler({ request, viewer }) {
    request.headers['x-viewer'] = { value: viewer.ip }
    return request
  }`)
  const named = passing('/images/a', { 'x-viewer': '192.0.2.1' })
  expect(run(request)).toEqual(named)
  expect(run({ ...request, headers: { 'x-viewer': 'somebody else' } })).toEqual(named)
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
