import { RootConstruct } from 'constructs'
import { describe, expect, it } from 'vitest'
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

describe('a domain', () => {
  const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/0f00ba'

  it('comes with its certificate, and uploads come from it', () => {
    const given = { domain: 'photos.example.com', certificateArn }
    expect(configOf({ stage: 'prod', ...given })).toMatchObject({
      domain: { name: 'photos.example.com', certificateArn },
      uploadOrigins: ['https://photos.example.com'],
    })
    expect(configOf(given).uploadOrigins).toEqual([
      'http://localhost:*',
      'http://127.0.0.1:*',
      'https://photos.example.com',
    ])
  })

  it.each([
    [{ domain: 'photos.example.com' }, 'certificateArn beside domain'],
    [{ certificateArn }, 'domain.name'],
    [{ domain: 'https://photos.example.com', certificateArn }, 'domain.name'],
    [{ domain: 'photos', certificateArn }, 'photos.example.com'],
    [{ domain: 'photos.example.com', certificateArn: certificateArn.replace('us-east-1', 'eu-west-1') }, 'us-east-1'],
  ])('%j is refused, and it says why', (given, reason) => {
    expect(() => configOf(given)).toThrow(reason)
  })
})

it('takes a budget with somebody to tell of it', () => {
  expect(configOf({ monthlyBudget: '25', alarmEmail: 'ops@example.com' }).monthlyBudget).toBe(25)
  expect(() => configOf({ monthlyBudget: '25' })).toThrow('alarmEmail')
  expect(() => configOf({ monthlyBudget: 'much', alarmEmail: 'ops@example.com' })).toThrow('monthlyBudget')
})

it('refuses an option that does not exist, and names those that do', () => {
  expect(() => configOf({ alarmMail: 'ops@example.com' })).toThrow(/alarmEmail.*received alarmMail/)
  // Those are what scripts say; `npm run deploy` refuses them (scripts/deploy/options.ts).
  expect(() => configOf({ alarmMail: 'ops@example.com' })).not.toThrow(/endpoint|functions|layers/)
})

it('leaves alone what CDK and its plugins keep in the context', () => {
  const theirs = { '@aws-cdk/core:checkSecretUsage': true, 'aws:cdk:bundling-stacks': ['**'], 'cli-telemetry': false }
  expect(configOf(theirs).stage).toBe('dev')
})

it('takes the endpoint of what stands in for AWS, without a slash at its end', () => {
  expect(configOf({ endpoint: 'http://127.0.0.1:4566/' }).endpoint).toBe('http://127.0.0.1:4566')
  expect(configOf().endpoint).toBeUndefined()
  expect(() => configOf({ endpoint: '127.0.0.1:4566' })).toThrow('endpoint')
})
