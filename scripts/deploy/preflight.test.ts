import { LambdaClient } from '@aws-sdk/client-lambda'
import { ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm'
import { STSClient } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Refusal } from '../console/refusal.ts'
import { awsTarget } from './aws-target.ts'
import { bootstrapVersion, concurrencyQuota, whoAmI } from './preflight.ts'

const configuration = [
  'AWS_REGION',
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
]

/** A machine on which nothing of AWS is configured. */
beforeEach(() => {
  for (const name of configuration) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const aws = awsTarget(undefined, {})
const answers = (client: typeof STSClient | typeof SSMClient | typeof LambdaClient, answer: object) =>
  vi.spyOn(client.prototype, 'send').mockImplementation((async () => {
    if (answer instanceof Error) throw answer
    return answer
  }) as never)

/** In words, and as a refusal: what the user can put right has no stack trace. */
async function expectRefusal(work: Promise<unknown>, ...words: readonly string[]): Promise<void> {
  const error = await work.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Refusal)
  for (const word of words) expect((error as Refusal).message).toContain(word)
}

it('says whose account it is, and in which region', async () => {
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  answers(STSClient, { Account: '123456789012', Arn: 'arn:me' })
  expect(await whoAmI(aws)).toEqual({ account: '123456789012', arn: 'arn:me', region: 'eu-west-1' })
})

it('refuses without a region, before anybody is asked', async () => {
  const sent = answers(STSClient, {})
  await expectRefusal(whoAmI(aws), 'no region', 'AWS_REGION')
  expect(sent).not.toHaveBeenCalled()
})

it('refuses without credentials, and says how to sign in', async () => {
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  await expectRefusal(whoAmI(aws), 'AWS does not let you in', 'aws sso login')
})

it('refuses credentials that AWS does not know', async () => {
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  answers(STSClient, Object.assign(new Error('The security token is invalid'), { name: 'InvalidClientTokenId' }))
  await expectRefusal(whoAmI(aws), 'AWS does not let you in (The security token is invalid)')
})

it('tells a region that does not exist from credentials that are not let in', async () => {
  vi.stubEnv('AWS_REGION', 'eu-west-9')
  answers(STSClient, Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
  await expectRefusal(whoAmI(aws), 'cannot be reached in eu-west-9')
})

it('says of an emulator that nothing answers there', async () => {
  answers(STSClient, Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
  await expectRefusal(whoAmI(awsTarget('http://127.0.0.1:4566', {})), 'at http://127.0.0.1:4566')
})

it('there is no version of a bootstrap that never ran; whatever else goes wrong is a fault', async () => {
  answers(SSMClient, { Parameter: { Value: '21' } })
  expect(await bootstrapVersion(aws)).toBe(21)
  vi.restoreAllMocks()
  answers(SSMClient, new ParameterNotFound({ message: 'none', $metadata: {} }))
  expect(await bootstrapVersion(aws)).toBeNull()
  vi.restoreAllMocks()
  answers(SSMClient, Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' }))
  await expect(bootstrapVersion(aws)).rejects.toThrow('not allowed')
})

it('the quota is that of the account', async () => {
  answers(LambdaClient, { AccountLimit: { ConcurrentExecutions: 1000 } })
  expect(await concurrencyQuota(aws)).toBe(1000)
})
