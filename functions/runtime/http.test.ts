import { gunzipSync } from 'node:zlib'
import { errorResponse } from '@glowworm/events/http-api'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { ImageError, RequestError } from '../core/errors.ts'
import { httpHandler } from './http.ts'
import { outputOf } from './testing/captured-output.ts'
import { lambdaContext } from './testing/lambda-context.ts'

type Handler = ReturnType<typeof httpHandler>
type HttpEvent = Parameters<Handler>[0]

function httpEvent(change: Partial<HttpEvent> & { email?: string } = {}): HttpEvent {
  const { email, ...rest } = change
  return {
    version: '2.0',
    routeKey: 'POST /things/{id}',
    rawPath: '/things/7',
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    isBase64Encoded: false,
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: 'api.test',
      domainPrefix: 'api',
      http: { method: 'POST', path: '/things/7', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'request-1=',
      routeKey: 'POST /things/{id}',
      stage: '$default',
      time: '',
      timeEpoch: 0,
      ...(email !== undefined && { authorizer: { lambda: { email } } }),
    },
    ...rest,
  }
}

/** Answers as a client reads them, and what was written meanwhile. */
async function call(handler: unknown, event = httpEvent(), context = lambdaContext()) {
  const answer: { result?: Awaited<ReturnType<Handler>> } = {}
  const output = await outputOf(async () => {
    answer.result = await (handler as Handler)(event, context)
  })
  const { statusCode = 0, headers = {}, body, isBase64Encoded, cookies } = answer.result ?? {}
  const text = body !== undefined && isBase64Encoded ? gunzipSync(Buffer.from(body, 'base64')).toString() : body
  return { status: statusCode, headers, body: text === undefined ? undefined : JSON.parse(text), cookies, output }
}

const echo = httpHandler(
  {
    params: z.strictObject({ id: z.coerce.number() }),
    query: z.strictObject({ limit: z.coerce.number().max(5).optional() }),
    body: z.strictObject({ name: z.string() }),
  },
  async ({ params, query, body, user, cookies, correlationId }) => ({
    status: 201,
    body: { params, query, body, user, cookies, correlationId },
    cookies: ['a=1; HttpOnly'],
  }),
)

const throwing = (error: unknown) =>
  httpHandler({}, async () => {
    throw error
  })

test('gives the handler checked parts of the request and answers with JSON', async () => {
  const answer = await call(
    echo,
    httpEvent({
      pathParameters: { id: '7' },
      queryStringParameters: { limit: '3' },
      body: Buffer.from('{"name":"Öl"}').toString('base64'),
      isBase64Encoded: true,
      cookies: ['glowworm_access=a=b', 'other=2'],
      email: 'admin@example.test',
    }),
  )
  expect(answer.status).toBe(201)
  expect(answer.body).toEqual({
    params: { id: 7 },
    query: { limit: 3 },
    body: { name: 'Öl' },
    user: { email: 'admin@example.test' },
    cookies: { glowworm_access: 'a=b', other: '2' },
    correlationId: 'request-1=',
  })
  expect(answer.headers).toEqual({
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-correlation-id': 'request-1=',
  })
  expect(answer.cookies).toEqual(['a=1; HttpOnly'])
})

test('refuses unknown fields and names every part that is wrong, but no value', async () => {
  const answer = await call(
    echo,
    httpEvent({
      pathParameters: { id: 'seven' },
      queryStringParameters: { limit: '9', what: '1' },
      body: '{"name":12345,"extra":true}',
    }),
  )
  expect(answer.status).toBe(400)
  expect(errorResponse.parse(answer.body).error.code).toBe('invalid_request')
  expect(answer.body.error.details.map((issue: { path: string }) => issue.path)).toEqual([
    'params.id',
    'query.limit',
    'query',
    'body.name',
    'body',
  ])
  expect(JSON.stringify(answer.body)).not.toMatch(/seven|12345/)
})

test.each([
  ['text that is not JSON', { body: '{"name":' }, 400],
  ['no body', {}, 400],
  ['JSON that calls itself text', { body: '{"name":"a"}', headers: { 'content-type': 'text/plain' } }, 415],
])('refuses %s', async (_what, change, status) => {
  const answer = await call(echo, httpEvent({ pathParameters: { id: '7' }, ...change }))
  expect(answer.status).toBe(status)
  expect(answer.body.error.code).toBe('invalid_request')
})

test('gives the bytes of a raw body', async () => {
  const bytes = Buffer.from([0xff, 0xd8, 0x00, 0x80])
  const handler = httpHandler({ raw: true }, async (request) => ({
    status: 200,
    body: request.bytes.equals(bytes) && request.body === undefined,
  }))
  const answer = await call(handler, httpEvent({ body: bytes.toString('base64'), isBase64Encoded: true }))
  expect(answer.body).toBe(true)
})

test('redirects, and lets the route override what every answer carries', async () => {
  const handler = httpHandler({}, async () => ({
    status: 302,
    redirect: '/media/x',
    headers: { 'cache-control': 'public, max-age=60' },
  }))
  const answer = await call(handler)
  expect(answer.status).toBe(302)
  expect(answer.headers).toMatchObject({ location: '/media/x', 'cache-control': 'public, max-age=60' })
  expect(answer.headers).not.toHaveProperty('content-type')
})

test('echoes a correlation id that is fit for logs and replaces one that is not', async () => {
  const handler = httpHandler({}, async ({ correlationId }) => ({ status: 200, body: correlationId }))
  const fit = await call(handler, httpEvent({ headers: { 'x-correlation-id': 'upload-42' } }))
  expect([fit.body, fit.headers['x-correlation-id']]).toEqual(['upload-42', 'upload-42'])
  expect(fit.output).toContain('"correlation_id":"upload-42"')
  const unfit = await call(handler, httpEvent({ headers: { 'x-correlation-id': 'a b\nc' } }))
  expect(unfit.body).toBe('request-1=')
})

/** What lines of the log name, but for those of metrics. */
const linesOf = (output: string) =>
  output
    .split('\n')
    .filter((line) => line.includes('"message"'))
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))))

const imageId = 'a'.repeat(64)
const uploadId = '01KAQ9ZXH00000000000000000'

test.each([
  ['an image', imageId, { image_id: imageId }],
  ['an upload', uploadId, { upload_id: uploadId }],
])('names %s that the path names in every line, a refusal of the body included', async (_what, id, subject) => {
  const { output } = await call(echo, httpEvent({ pathParameters: { id }, body: 'no JSON' }))
  expect(linesOf(output)).toMatchObject([
    { message: 'refused', ...subject },
    { message: 'answered', ...subject },
  ])
})

test('names nothing that is not an id', async () => {
  const { output } = await call(echo, httpEvent({ pathParameters: { id: 'no id\n"at all"' } }))
  expect(output).not.toContain('at all')
})

test.each([
  ['an answer', async () => ({ status: 200 }), ['within', 'answered']],
  [
    'a refusal',
    () => Promise.reject(new RequestError(409, 'conflict', 'Already there.')),
    ['within', 'refused', 'answered'],
  ],
  ['a failure', () => Promise.reject(new TypeError('odd')), ['within', 'failed', 'answered']],
])('goes on with what began under another id: %s and its lines carry that one', async (_what, respond, messages) => {
  const handler = httpHandler({}, async ({ identify, logger }) => {
    identify({ correlation_id: 'upload-42', upload_id: uploadId, image_id: imageId })
    logger.info('within')
    return respond()
  })
  const first = await call(handler, httpEvent({ headers: { 'x-correlation-id': 'of-this-request' } }))
  expect(first.headers).toMatchObject({ 'x-correlation-id': 'upload-42' })
  const subject = { correlation_id: 'upload-42', upload_id: uploadId, image_id: imageId, request_id: 'request-1=' }
  expect(linesOf(first.output)).toMatchObject(messages.map((message) => ({ message, ...subject })))
})

test('says nothing of one request in the lines of the next', async () => {
  let isFirst = true
  const handler = httpHandler({}, async ({ identify }) => {
    if (isFirst) identify({ correlation_id: 'upload-42', image_id: imageId })
    isFirst = false
    return { status: 200 }
  })
  await call(handler)
  const second = await call(handler)
  expect(second.headers).toMatchObject({ 'x-correlation-id': 'request-1=' })
  expect(second.output).not.toMatch(/upload-42|image_id/)
})

test.each([
  [new RequestError(409, 'conflict', 'Already processing.', { details: { a: 1 } }), 409, 'conflict'],
  [new ImageError('unsupported_format', 'HEIC'), 415, 'unsupported_format'],
  [new ImageError('image_too_large', 'Too many pixels'), 413, 'image_too_large'],
  [new ImageError('corrupt_image', 'Truncated'), 422, 'corrupt_image'],
  [new ImageError('original_missing', 'Gone'), 404, 'not_found'],
  [new ImageError('storage_unavailable', 'Throttled'), 503, 'service_unavailable'],
  [new ImageError('internal_error', 'Odd'), 500, 'internal_error'],
  [new TypeError('x is undefined'), 500, 'internal_error'],
  ['a string', 500, 'internal_error'],
])('answers %s as the contract says', async (error, status, code) => {
  const answer = await call(throwing(error))
  expect(answer.status).toBe(status)
  expect(errorResponse.parse(answer.body)).toMatchObject({ error: { code }, request_id: 'request-1=' })
  expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'x-correlation-id': 'request-1=' })
})

test('says when to come back, if that is known', async () => {
  const busy = new RequestError(409, 'deletion_in_progress', 'In a second.', { retryAfterSeconds: 1 })
  expect((await call(throwing(busy))).headers).toMatchObject({ 'retry-after': '1' })
  expect((await call(throwing(new RequestError(409, 'conflict', 'Who knows.')))).headers).not.toHaveProperty(
    'retry-after',
  )
})

test('logs the cause of a failure and keeps it from the client', async () => {
  const answer = await call(throwing(new TypeError('secret detail')))
  expect(JSON.stringify(answer.body)).not.toContain('secret detail')
  expect(answer.output).toContain('secret detail')
  expect(answer.output).toContain('RequestFailed')
})

test('answers 503 shortly before the function would time out', async () => {
  const handler = httpHandler({}, () => new Promise(() => undefined))
  const answer = await call(handler, httpEvent(), lambdaContext({ getRemainingTimeInMillis: () => 260 }))
  expect(answer.status).toBe(503)
  expect(answer.body.error.code).toBe('service_unavailable')
})

const long = 'The same words again. '.repeat(100)
const repeating = httpHandler({}, async () => ({ status: 200, body: long }))

test.each([
  ['an answer', repeating],
  ['a refusal', throwing(new RequestError(409, 'conflict', long))],
])('compresses %s for whoever takes that', async (_what, handler) => {
  const answer = await call(handler, httpEvent({ headers: { 'accept-encoding': 'br;q=1, gzip;q=0.5' } }))
  expect(answer.headers).toMatchObject({ 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' })
  expect(JSON.stringify(answer.body)).toContain(long)
})

test.each([undefined, 'identity', 'br', 'gzip;q=0'])('compresses nothing for whoever takes %s', async (encodings) => {
  const answer = await call(repeating, httpEvent({ headers: { ...(encodings && { 'accept-encoding': encodings }) } }))
  expect(answer.headers).not.toHaveProperty('Content-Encoding')
  expect(answer.body).toBe(long)
})
