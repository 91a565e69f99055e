import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { awsTarget } from './aws-target.ts'
import { type Confirm, destroy } from './destroy.ts'

interface Command {
  readonly constructor: { readonly name: string }
  readonly input: { readonly StackName?: string; readonly Bucket?: string }
}

const storedResources = [
  { LogicalResourceId: 'AccessLogs1', ResourceType: 'AWS::S3::Bucket', PhysicalResourceId: 'logs' },
  { LogicalResourceId: 'Originals1', ResourceType: 'AWS::S3::Bucket', PhysicalResourceId: 'originals' },
  { LogicalResourceId: 'Images1', ResourceType: 'AWS::DynamoDB::Table', PhysicalResourceId: 'images' },
  { LogicalResourceId: 'Pool1', ResourceType: 'AWS::Cognito::UserPool', PhysicalResourceId: 'people' },
]
const missing = () => Object.assign(new Error('Stack with id x does not exist'), { name: 'ValidationError' })

/** An account with these stacks, of which each but storage is empty. @returns what is asked of it */
function account(...stacks: string[]) {
  const calls: string[] = []
  const there = new Set(stacks)
  const answer = async ({ constructor: { name }, input }: Command) => {
    calls.push([name.replace(/Command$/, ''), input.Bucket ?? input.StackName].filter(Boolean).join(' '))
    const stack = input.StackName ?? ''
    if (name === 'GetCallerIdentityCommand') return { Account: '123456789012', Arn: 'arn:me' }
    if (name === 'DescribeStacksCommand' && !there.has(stack)) throw missing()
    if (name === 'ListStackResourcesCommand' && stack.endsWith('-storage'))
      return { StackResourceSummaries: storedResources }
    if (name === 'DeleteStackCommand') there.delete(stack)
    return {}
  }
  for (const client of [CloudFormationClient, CognitoIdentityProviderClient, DynamoDBClient, S3Client, STSClient]) {
    vi.spyOn(client.prototype, 'send').mockImplementation(answer as never)
  }
  return calls
}

/** Unasked, unless `yes` is false and there is a `confirm`. */
const run = (
  options: { deleteOriginals: boolean; stage?: 'dev' | 'prod'; yes?: boolean },
  confirm: Confirm = async () => {
    throw new Error('asked')
  },
) => destroy({ stage: 'prod', endpoint: undefined, yes: true, ...options }, awsTarget(undefined, {}), confirm)

const changes = (calls: readonly string[]) => calls.filter((call) => !/^(Get|Describe|List)/.test(call))

const output: string[] = []
beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  output.length = 0
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => output.push(String(text)) > 0)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

it.each(['dev', 'prod'] as const)(
  'deletes what %s stores before the stack that knows of it, logs last',
  async (stage) => {
    const storage = `glowworm-${stage}-storage`
    const calls = account(storage)
    expect(await run({ deleteOriginals: true, stage })).toBe(true)
    expect(changes(calls)).toEqual([
      `UpdateTerminationProtection ${storage}`,
      'DeleteBucket originals',
      'DeleteTable',
      'DeleteUserPool',
      'DeleteBucket logs',
      `DeleteStack ${storage}`,
    ])
  },
)

it('keeps what is stored, and says so', async () => {
  const calls = account('glowworm-prod-storage', 'glowworm-prod-api')
  expect(await run({ deleteOriginals: false })).toBe(true)
  expect(changes(calls)).toEqual(['DeleteStack glowworm-prod-api'])
  expect(output.join('')).toContain('Kept: glowworm-prod-storage')
})

const place = 'stage prod in account 123456789012, region eu-west-1'

it.each([
  { deleteOriginals: false, question: `Remove ${place}? Photos, records and accounts stay.`, word: null },
  {
    deleteOriginals: true,
    question: `Delete ${place} with every photo, every record and every account?`,
    word: 'prod',
  },
])('asks before it changes anything, and takes no for an answer: $question', async ({ question, word, ...options }) => {
  const calls = account('glowworm-prod-storage', 'glowworm-prod-api')
  const confirm = vi.fn<Confirm>(async () => false)
  expect(await run({ ...options, yes: false }, confirm)).toBe(false)
  expect(confirm.mock.calls).toEqual([[question, word]])
  expect(changes(calls)).toEqual([])
})

it('begins only once it was told to', async () => {
  const calls = account('glowworm-prod-storage', 'glowworm-prod-api')
  const confirm = vi.fn<Confirm>(async () => {
    expect(changes(calls)).toEqual([])
    return true
  })
  expect(await run({ deleteOriginals: true, yes: false }, confirm)).toBe(true)
  expect(confirm).toHaveBeenCalledOnce()
  expect(changes(calls).at(-1)).toBe('DeleteStack glowworm-prod-storage')
})

it('says nothing of what is kept where nothing is stored', async () => {
  account('glowworm-prod-api')
  expect(await run({ deleteOriginals: false })).toBe(true)
  expect(output.join('')).not.toContain('Kept')
})

it('refuses a stage that is not there, and says where it has looked', async () => {
  account()
  await expect(run({ deleteOriginals: false })).rejects.toThrow(
    'There is no stage prod in account 123456789012, region eu-west-1.',
  )
})
