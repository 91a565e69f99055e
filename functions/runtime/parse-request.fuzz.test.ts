import * as api from '@glowworm/events/http-api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestError } from '../core/errors.ts'
import { bodyBytes, parseRequest } from './parse-request.ts'

/** Every body of the contract. */
const bodies = {
  beginUpload: api.beginUploadRequest,
  checkDuplicates: api.checkDuplicatesRequest,
  changeImage: api.changeImageRequest,
  bulkDelete: api.bulkDeleteRequest,
  retryFailed: api.retryFailedRequest,
  changeDisplaySizes: api.changeDisplaySizesRequest,
  login: api.loginRequest,
}

const names = ['filename', 'size', 'sha256', 'hashes', 'ids', 'title', 'focal_point', 'x', 'y', 'email', 'password']
const object = fc.dictionary(
  fc.oneof(fc.constantFrom(...names, '__proto__', 'constructor'), fc.string()),
  fc.jsonValue({ maxDepth: 3 }),
)
const sent = fc.oneof(
  fc.json(),
  object.map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'null', '[]', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, '{"a":1e999}', '{"size":-0}'),
)
const contentTypes = fc.oneof(
  fc.constantFrom('application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON'),
  fc.constantFrom('text/plain', 'application/jsonp', 'application/x-www-form-urlencoded', '', undefined),
)

test.each(Object.entries(bodies))('a body for %s is what it should be, or refused in our words', (_name, schema) => {
  fc.assert(
    fc.property(sent, contentTypes, fc.boolean(), (body, type, isBase64Encoded) => {
      const headers = type === undefined ? {} : { 'content-type': type }
      try {
        const { body: read } = parseRequest({ body: schema }, { headers, body, isBase64Encoded })
        expect(schema.safeParse(read).success).toBe(true)
        expect(type).toMatch(/^application\/json\b/i)
      } catch (error) {
        expect(error).toBeInstanceOf(RequestError)
        expect(error).toMatchObject({ code: 'invalid_request', status: expect.toBeOneOf([400, 415]) })
      }
    }),
    { numRuns: 300 },
  )
})

test('a query is what it should be, or refused in our words', () => {
  const query = fc.dictionary(
    fc.oneof(fc.constantFrom('status', 'q', 'sort', 'limit', 'cursor'), fc.string()),
    fc.oneof(fc.string(), fc.constantFrom('0', '-1', '201', '1e2', 'NaN', '0x10', ' 5 ', 'complete')),
  )
  fc.assert(
    fc.property(query, (queryStringParameters) => {
      const event = { headers: {}, isBase64Encoded: false, queryStringParameters }
      try {
        const { limit } = parseRequest({ query: api.listImagesQuery }, event).query
        expect(limit >= 1 && limit <= 200 && Number.isInteger(limit)).toBe(true)
      } catch (error) {
        expect(error).toMatchObject({ name: 'RequestError', status: 400, code: 'invalid_request' })
      }
    }),
    { numRuns: 500 },
  )
})

test('bytes come back as they were sent', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const body = Buffer.from(bytes).toString('base64')
      expect(Uint8Array.from(bodyBytes({ headers: {}, body, isBase64Encoded: true }))).toEqual(bytes)
    }),
  )
})
