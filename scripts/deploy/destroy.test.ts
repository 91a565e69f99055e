import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { awsTarget } from './aws-target.ts'
import { destroy } from './destroy.ts'

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

const run = (options: { deleteOriginals: boolean; stage?: 'dev' | 'prod' }) =>
  destroy({ stage: 'prod', endpoint: undefined, yes: true, ...options }, awsTarget(undefined, {}), async () => false)

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
    expect(calls.filter((call) => /^(Delete|Update)/.test(call))).toEqual([
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
  expect(calls.filter((call) => /^(Delete|Update)/.test(call))).toEqual(['DeleteStack glowworm-prod-api'])
  expect(output.join('')).toContain('Kept: glowworm-prod-storage')
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
