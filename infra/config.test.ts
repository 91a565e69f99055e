import { RootConstruct } from 'constructs'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'

/** Not of an App, which would leave a folder for its output behind. */
function configOf(context: Record<string, unknown> = {}) {
  const scope = new RootConstruct()
  for (const [key, value] of Object.entries(context)) scope.node.setContext(key, value)
  return readConfig(scope)
}

it('is that of dev when no stage is named', () => {
  expect(configOf()).toMatchObject({ stage: 'dev', retainData: false, useQueue: true })
})

it('keeps data and logs longer in prod', () => {
  expect(configOf({ stage: 'prod' })).toMatchObject({ stage: 'prod', retainData: true, logRetentionDays: 90 })
})

it('processes 4, 2 and 2 images at once in every stage', () => {
  for (const stage of ['dev', 'prod']) {
    expect(configOf({ stage }).concurrency).toEqual({ high: 4, normal: 2, low: 2 })
  }
})

it('names the stages that there are when another is asked for', () => {
  expect(() => configOf({ stage: 'production' })).toThrow('"stage" to be dev or prod, received production')
})

it.each([true, 'true', false, 'false'])('takes useQueue=%j as the CLI or a script gives it', (useQueue) => {
  expect(configOf({ useQueue }).useQueue).toBe(String(useQueue) === 'true')
})

it('takes upload origins separated by commas', () => {
  const { uploadOrigins } = configOf({ uploadOrigins: 'https://photos.example.com,http://localhost:5173' })
  expect(uploadOrigins).toEqual(['https://photos.example.com', 'http://localhost:5173'])
})

it.each(['photos.example.com', 'https://photos.example.com/', 'https://*.*.example.com'])(
  'refuses %s as an upload origin, and says where',
  (uploadOrigins) => {
    expect(() => configOf({ uploadOrigins })).toThrow('uploadOrigins[0]')
  },
)
