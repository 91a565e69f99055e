import { expect, test } from 'vitest'
import { childLogger, logger } from './telemetry.ts'
import { outputOf } from './testing/captured-output.ts'

test('keeps credentials and positions out of a line, whatever their depth', async () => {
  const line = await outputOf(() =>
    logger.info('request', {
      headers: { authorization: 'Bearer abc', cookie: 'glowworm_access=abc' },
      session: { accessToken: 'abc', refresh_token: 'abc', password: 'abc', ticket: 'abc' },
      exif: { gps: { latitude: 52.520008, longitude: 13.404954 } },
    }),
  )
  expect(line).toContain('request')
  expect(line).not.toMatch(/abc|52\.520008|13\.404954/)
})

test('keeps signatures, tickets and web tokens out of text and errors', async () => {
  const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'
  const line = await outputOf(() =>
    logger.error(`GET https://s3/o?X-Amz-Credential=AKIA%2F1&X-Amz-Expires=60&X-Amz-Signature=beef ${token}`, {
      error: new Error('connect wss://host/live?ticket=once', { cause: new Error(`bad token ${token}`) }),
    }),
  )
  expect(line).toContain('X-Amz-Expires=60')
  expect(line).toContain('connect wss://host')
  expect(line).not.toMatch(/beef|AKIA|once|c2lnbmF0dXJl/)
})

test('a child carries its own keys and leaves none behind', async () => {
  const line = await outputOf(() => childLogger({ correlation_id: 'c-1' }).info('one'))
  expect(line).toContain('"correlation_id":"c-1"')
  expect(await outputOf(() => logger.info('two'))).not.toContain('c-1')
})
