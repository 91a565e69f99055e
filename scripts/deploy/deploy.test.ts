import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CloudFrontClient } from '@aws-sdk/client-cloudfront'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import { ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm'
import { STSClient } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { awsTarget } from './aws-target.ts'
import { addresses, deploy, type Questions, quotaComplaint } from './deploy.ts'
import type { DeployOptions } from './options.ts'

it('an account that may run as many functions for people as for the queues is enough', () => {
  expect(quotaComplaint(1000, 10)).toBeNull()
  expect(quotaComplaint(20, 10)).toBeNull()
})

it('a new account, which may run ten at once, is told before it is too late', () => {
  expect(quotaComplaint(10, 10)).toMatch(/10 Lambda functions.*Service Quotas/)
})

const deployed = {
  ApiUrl: 'https://api.example.com',
  WebSocketUrl: 'wss://socket.example.com/live',
  OriginalsBucketName: 'originals',
  RenditionsBucketName: 'renditions',
  UserPoolId: 'eu-west-1_pool',
}

it('the user is told where everything is, as far as it is there', () => {
  expect(addresses(deployed, { endpoint: 'http://127.0.0.1:4566' }).split('\n')).toEqual([
    '',
    'Deployed:',
    '  Site      none',
    '  API       https://api.example.com',
    '  Socket    wss://socket.example.com/live',
    '  Accounts  user pool eu-west-1_pool',
    '  Tests     npm run e2e -- --endpoint http://127.0.0.1:4566',
  ])
})

it("the user is told where a domain has to point, and the dashboard's address", () => {
  const site = { SiteUrl: 'https://photos.example.com', DistributionDomainName: 'd1.cloudfront.net' }
  const text = addresses({ ...deployed, ...site, DashboardUrl: 'https://console.example.com/' }, { endpoint: null })
  expect(text).toContain('\n  DNS       photos.example.com → d1.cloudfront.net\n')
  expect(text).toContain('\n  Metrics   https://console.example.com/')
  expect(addresses({ ...deployed, ...site, SiteUrl: 'https://d1.cloudfront.net' }, { endpoint: null })).not.toContain(
    'DNS',
  )
})

describe('a deployment', () => {
  let built: { readonly assembly: string; readonly site: string }
  /** Everything that is done, in order: of each call of AWS its name, of the CDK its command. */
  let done: string[]
  let output: string

  const firstAdmin = { email: 'me@example.com', password: 'Correct-horse-4' }

  beforeEach(async () => {
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    done = []
    output = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text)
      return true
    })
    const folder = await mkdtemp(join(tmpdir(), 'glowworm-deploy-'))
    built = { assembly: join(folder, 'assembly'), site: join(folder, 'site') }
    await Promise.all(Object.values(built).map((each) => mkdir(each)))
    const write = (name: string, content: unknown) => writeFile(join(built.assembly, name), JSON.stringify(content))
    await write('manifest.json', { artifacts: { storage: { properties: { requiresBootstrapStackVersion: 6 } } } })
    const queue = { Type: 'AWS::Lambda::EventSourceMapping', Properties: { ScalingConfig: { MaximumConcurrency: 4 } } }
    for (const name of ['storage', 'processing', 'api', 'site', 'monitoring']) {
      await write(`glowworm-dev-${name}.template.json`, { Resources: name === 'processing' ? { queue } : {} })
    }
    await writeFile(join(built.site, 'index.html'), '<p>new</p>')
    return () => rm(folder, { recursive: true })
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  })

  interface Command {
    readonly constructor: { readonly name: string }
    readonly input: { readonly StackName?: string }
  }

  const outputs = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }))

  /** An account with these. @param state bootstrap null: it never ran */
  function account(state: { bootstrap?: number | null; quota?: number; admins?: readonly object[] } = {}) {
    const { bootstrap = 21, quota = 1000, admins = [] } = state
    const site = { SiteUrl: 'https://d1.cloudfront.net', SiteBucketName: 'site', DistributionId: 'E123' }
    const answers: Readonly<Record<string, (input: Command['input']) => object>> = {
      GetCallerIdentity: () => ({ Account: '123456789012', Arn: 'arn:me' }),
      GetParameter: () => {
        if (bootstrap === null) throw new ParameterNotFound({ message: 'none', $metadata: {} })
        return { Parameter: { Value: String(bootstrap) } }
      },
      GetAccountSettings: () => ({ AccountLimit: { ConcurrentExecutions: quota } }),
      DescribeStacks: ({ StackName = '' }) => ({
        Stacks: [{ Outputs: outputs({ ...(StackName.endsWith('-site') ? site : deployed) }) }],
      }),
      ListUsersInGroup: () => ({ Users: admins }),
    }
    const clients = [
      CloudFormationClient,
      CloudFrontClient,
      CognitoIdentityProviderClient,
      LambdaClient,
      S3Client,
      SSMClient,
      STSClient,
    ]
    for (const client of clients) {
      vi.spyOn(client.prototype, 'send').mockImplementation((async ({
        constructor: { name: command },
        input,
      }: Command) => {
        const name = command.replace(/Command$/, '')
        done.push(name)
        return answers[name]?.(input) ?? {}
      }) as never)
    }
  }

  async function run(options: Partial<DeployOptions> = {}, answers: { goOn?: boolean; admin?: null } = {}) {
    const { goOn = true, admin = firstAdmin } = answers
    const defaults: DeployOptions = {
      stage: 'dev',
      endpoint: undefined,
      without: [],
      sharp: 'lambda',
      context: {},
      adminEmail: undefined,
      yes: false,
    }
    const questions: Questions = {
      goOn: async (question) => {
        done.push(question)
        return goOn
      },
      firstAdmin: async (email) => {
        done.push(`who is the first admin? ${email ?? ''}`.trim())
        return admin
      },
    }
    const all = { ...defaults, ...options }
    const isDeployed = await deploy(all, awsTarget(all.endpoint, {}), questions, {
      build: async () => {
        done.push('build')
        return built
      },
      cdk: async (_target, command) => {
        done.push(`cdk ${command}`)
      },
    })
    return isDeployed
  }

  const question = 'Deploy this to account 123456789012?'
  const looking = ['GetCallerIdentity', 'build', 'GetParameter', 'GetAccountSettings']
  const finding = Array(5).fill('DescribeStacks')
  const publishing = ['ListObjectsV2', 'PutObject', 'CreateInvalidation']
  const makingAdmin = ['AdminCreateUser', 'AdminSetUserPassword', 'AdminAddUserToGroup']

  it('shows what changes, asks, deploys, uploads the site, and asks who is the first admin, in that order', async () => {
    account()
    expect(await run()).toBe(true)
    expect(done).toEqual([
      ...looking,
      'cdk diff',
      question,
      'cdk deploy',
      ...finding,
      ...publishing,
      'ListUsersInGroup',
      'who is the first admin?',
      ...makingAdmin,
    ])
    expect(output).toContain('The site: 1 files sent.')
  })

  it('ends with no as the answer, and nothing is deployed', async () => {
    account()
    expect(await run({}, { goOn: false })).toBe(false)
    expect(done).toEqual([...looking, 'cdk diff', question])
  })

  it('asks nothing where that is said, and still shows what changes', async () => {
    account()
    expect(await run({ yes: true })).toBe(true)
    expect(done).toEqual([...looking, 'cdk diff', 'cdk deploy', ...finding, ...publishing, 'ListUsersInGroup'])
    expect(output).toContain('Nobody can sign in yet')
  })

  it.each([
    [null, 'there is none'],
    [5, 'there is 5'],
  ])(
    'stops at bootstrap %s before the CDK is asked for anything, and says how to bootstrap',
    async (bootstrap, words) => {
      account({ bootstrap })
      const error = await run({ yes: true }).catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ name: 'Refusal', message: expect.stringContaining(words) })
      expect(String(error)).toMatch(/version 6 or newer.*npx cdk bootstrap --app .* aws:\/\/123456789012\/eu-west-1/)
      expect(done).toEqual(['GetCallerIdentity', 'build', 'GetParameter'])
    },
  )

  it('goes on with a small quota, after saying what the queues alone may take', async () => {
    account({ quota: 7 })
    expect(await run()).toBe(true)
    expect(output).toContain('may run 7 Lambda functions at once, and the queues alone may take 4')
  })

  it('leaves the files of a site alone that is left out', async () => {
    account()
    expect(await run({ without: ['site'] })).toBe(true)
    expect(done).not.toContain('PutObject')
  })

  it('makes no account where there is an admin', async () => {
    account({ admins: [{ Username: 'me@example.com' }] })
    await run({ adminEmail: 'other@example.com' })
    expect(done.slice(done.indexOf('ListUsersInGroup'))).toEqual(['ListUsersInGroup'])
  })

  it('makes no account where nobody is named, and says how to make one', async () => {
    account()
    await run({}, { admin: null })
    expect(done.at(-1)).toBe('who is the first admin?')
    expect(output).toContain('deploy again with --admin-email')
  })

  it('shows the password that it has made up for whom the command names', async () => {
    account()
    await run({ yes: true, adminEmail: 'me@example.com' })
    expect(done.slice(-3)).toEqual(makingAdmin)
    expect(output).toMatch(/me@example\.com {3}Gw7-\S+/)
  })

  it('shows no password that somebody has typed', async () => {
    account()
    await run({})
    expect(output).toContain(`The first admin: ${firstAdmin.email}`)
    expect(output).not.toContain(firstAdmin.password)
  })

  it('makes an emulator ready by itself, and asks nobody', async () => {
    account({ bootstrap: null, quota: 1 })
    expect(await run({ endpoint: 'http://127.0.0.1:4566' })).toBe(true)
    expect(done).toEqual([
      'GetCallerIdentity',
      'build',
      'GetParameter',
      'cdk bootstrap',
      'cdk deploy',
      ...finding,
      ...publishing,
      'ListUsersInGroup',
      ...makingAdmin,
    ])
    expect(output).toContain('admin@example.com')
  })
})
