import { describe, expect, it } from 'vitest'
import { routeMatcher } from './http-routes.ts'

function matching(method: string, path: string, ...routeKeys: string[]) {
  const found = routeMatcher(routeKeys.map((routeKey) => ({ routeKey, functionArn: '', authorizer: null })))(
    method,
    path,
  )
  return found === null ? null : [found.route.routeKey, found.pathParameters]
}

describe('routeMatcher', () => {
  it.each([
    ['a literal before a parameter', '/api/images/upload', 'GET /api/images/{id}', 'GET /api/images/upload', {}],
    ['a parameter before a greedy one', '/api/x', 'GET /api/{rest+}', 'GET /api/{id}', { id: 'x' }],
    ['a deep parameter before a greedy one', '/a/b/c', 'GET /a/{rest+}', 'GET /a/{x}/{y}', { x: 'b', y: 'c' }],
    ['a method before ANY', '/api/x', 'ANY /api/{id}', 'GET /api/{id}', { id: 'x' }],
    ['a literal of ANY before a parameter', '/api/x', 'GET /api/{id}', 'ANY /api/x', {}],
    ['any route before $default', '/api/x', '$default', 'GET /api/{rest+}', { rest: 'x' }],
  ])('prefers %s, in whatever order they stand', (_what, path, other, winner, parameters) => {
    expect(matching('GET', path, other, winner)).toEqual([winner, parameters])
    expect(matching('GET', path, winner, other)).toEqual([winner, parameters])
  })

  it('gives a greedy parameter the rest of the path', () => {
    expect(matching('GET', '/files/a/b%20c', 'GET /files/{rest+}')).toEqual(['GET /files/{rest+}', { rest: 'a/b c' }])
  })

  it('decodes parameters after it has split the path', () => {
    expect(matching('GET', '/a/x%2Fy', 'GET /a/{id}')).toEqual(['GET /a/{id}', { id: 'x/y' }])
    expect(matching('GET', '/a/100%', 'GET /a/{id}')).toEqual(['GET /a/{id}', { id: '100%' }])
  })

  it.each([
    ['another method', 'POST', '/api/images'],
    ['a longer path', 'GET', '/api/images/1/2'],
    ['a shorter path', 'GET', '/api'],
    ['an empty parameter', 'GET', '/api/images/'],
    ['another case', 'GET', '/API/images'],
  ])('matches nothing for %s', (_what, method, path) => {
    expect(matching(method, path, 'GET /api/images', 'GET /api/images/{id}')).toBeNull()
  })

  it('leaves to $default what nothing else takes', () => {
    expect(matching('PUT', '/whatever', 'GET /api', '$default')).toEqual(['$default', {}])
  })
})
