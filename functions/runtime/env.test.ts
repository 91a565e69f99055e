import { expect, test } from 'vitest'
import { readEnv } from './env.ts'

test('gives the named variables and nothing else', () => {
  const env = readEnv(['IMAGES_TABLE', 'USE_QUEUE'], { IMAGES_TABLE: 'images', USE_QUEUE: 'false', OTHER: 'x' })
  expect(env).toEqual({ IMAGES_TABLE: 'images', USE_QUEUE: false })
})

test('leaves an optional variable out when it is not set', () => {
  expect(readEnv(['AWS_ENDPOINT_URL'], {})).toEqual({})
})

test('names every missing or malformed variable and no value', () => {
  const read = () =>
    readEnv(['IMAGES_TABLE', 'TOKEN_ISSUER', 'USE_QUEUE'], { TOKEN_ISSUER: 'hunter2', USE_QUEUE: 'yes' })
  expect(read).toThrow(/IMAGES_TABLE is not set, TOKEN_ISSUER is malformed, USE_QUEUE is malformed/)
  expect(read).not.toThrow(/hunter2|yes/)
})
