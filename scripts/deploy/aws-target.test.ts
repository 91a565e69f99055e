import { expect, it } from 'vitest'
import { awsTarget, inRegion } from './aws-target.ts'

const mine = { PATH: '/bin', AWS_PROFILE: 'work', AWS_SESSION_TOKEN: 'secret', AWS_REGION: 'eu-west-1' }

it('is AWS as the user has configured it, unless there is an endpoint', () => {
  expect(awsTarget(undefined, mine)).toEqual({ endpoint: null, config: {}, environment: mine })
})

it('lets nothing of the own account get to an emulator', () => {
  const { environment, config } = awsTarget('http://127.0.0.1:4566', mine)
  expect(environment).toEqual({
    PATH: '/bin',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_S3_FORCE_PATH_STYLE: '1',
  })
  expect(config).toMatchObject({ endpoint: 'http://127.0.0.1:4566', credentials: { accessKeyId: 'test' } })
})

it('is for the CDK in the same region as for the SDK, whatever else the CDK would look at', () => {
  const others = { AMAZON_REGION: 'us-west-1', AWS_DEFAULT_REGION: 'us-west-2', AWS_DEFAULT_PROFILE: 'home' }
  const { AWS_REGION: _, ...noRegion } = mine
  const { environment, config } = inRegion(awsTarget(undefined, { ...noRegion, ...others }), 'eu-west-1')
  expect(environment).toEqual(mine)
  expect(config).toEqual({ region: 'eu-west-1' })
})

it.each([
  ['http://localhost:4566/', 'http://127.0.0.1:4566'],
  ['https://localhost.localstack.cloud:4566', 'https://localhost.localstack.cloud:4566'],
])('takes %s as %s', (given, endpoint) => {
  expect(awsTarget(given, {}).endpoint).toBe(endpoint)
})

it.each(['4566', '127.0.0.1:4566', 'ftp://127.0.0.1', 'http://127.0.0.1:4566/path'])('refuses %s', (given) => {
  expect(() => awsTarget(given, {})).toThrow(`received ${given}`)
})
