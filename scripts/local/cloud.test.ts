import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from './cloud.ts'
import { builtSite } from './gateway/site-files.ts'
import { TemplateRefused } from './template/complaints.ts'
import { type DeclaredResources, writeAssembly } from './template/testing/write-assembly.ts'

let directory: string
let dataDirectory: string
let cdkOut: string
const running: LocalCloud[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glowworm-cloud-'))
  dataDirectory = join(directory, 'data')
  cdkOut = join(directory, 'cdk.out')
  await mkdir(cdkOut)
  await writeAssembly(cdkOut, { Main: { Resources: resources } }, ['echo'])
  await writeFile(join(cdkOut, 'asset.echo', 'index.mjs'), echo)
})
afterEach(async () => {
  for (const cloud of running.splice(0)) await cloud.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Answers with the event's path and its own environment. */
const echo = `export const handler = async (event) => ({
  statusCode: 200,
  body: JSON.stringify({ path: event.rawPath, endpoint: process.env.AWS_ENDPOINT_URL, table: process.env.TABLE }),
})`

const api = (name: string, protocol: string, stage: string, ...routeKeys: string[]): DeclaredResources => ({
  [name]: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: protocol } },
  [`${name}Stage`]: {
    Type: 'AWS::ApiGatewayV2::Stage',
    Properties: { ApiId: { Ref: name }, StageName: stage },
  },
  [`${name}Integration`]: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: { Ref: name },
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': ['Echo', 'Arn'] },
    },
  },
  ...Object.fromEntries(
    routeKeys.map((routeKey, index) => [
      `${name}Route${index}`,
      {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: {
          ApiId: { Ref: name },
          RouteKey: routeKey,
          Target: { 'Fn::Join': ['/', ['integrations', { Ref: `${name}Integration` }]] },
        },
      },
    ]),
  ),
})

const resources: DeclaredResources = {
  Echo: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: 'assets', S3Key: 'echo.zip' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Environment: { Variables: { TABLE: { Ref: 'Images' } } },
    },
  },
  Images: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    },
  },
  Users: { Type: 'AWS::Cognito::UserPool' },
  Client: {
    Type: 'AWS::Cognito::UserPoolClient',
    Properties: { UserPoolId: { Ref: 'Users' }, ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] },
  },
  Admins: {
    Type: 'AWS::Cognito::UserPoolGroup',
    Properties: { UserPoolId: { Ref: 'Users' }, GroupName: 'admins' },
  },
  ...api('Http', 'HTTP', '$default', 'GET /api/{rest+}'),
  ...api('Socket', 'WEBSOCKET', 'live', '$connect'),
  Files: { Type: 'AWS::S3::Bucket' },
  Site: {
    Type: 'AWS::CloudFront::Distribution',
    Properties: {
      DistributionConfig: {
        Enabled: true,
        DefaultRootObject: 'index.html',
        Origins: [
          { Id: 'files', DomainName: { 'Fn::GetAtt': ['Files', 'RegionalDomainName'] } },
          {
            Id: 'api',
            DomainName: { 'Fn::Join': ['', [{ Ref: 'Http' }, '.execute-api.us-east-1.amazonaws.com']] },
          },
        ],
        DefaultCacheBehavior: { TargetOriginId: 'files' },
        CacheBehaviors: [{ TargetOriginId: 'api', PathPattern: '/api/*' }],
      },
    },
  },
}

async function start(options: Partial<Pick<LocalCloudOptions, 'port' | 'reset' | 'faults'>> = {}): Promise<LocalCloud> {
  const cloud = await startLocalCloud({
    port: 0,
    reset: false,
    ...options,
    dataDirectory,
    cdkOut,
    site: builtSite(join(directory, 'no-site')),
    log: () => {},
  })
  running.push(cloud)
  return cloud
}

describe('the local cloud', () => {
  it('runs what the template says, and says in local.json where', async () => {
    await start()
    const facts = JSON.parse(await readFile(join(dataDirectory, 'local.json'), 'utf8'))
    expect(facts.pid).toBe(process.pid)
    const answer = await (await fetch(`${facts.api_url}/hello`)).json()
    expect(answer).toEqual({ path: '/api/hello', endpoint: facts.endpoints.dynamodb, table: 'glowworm-images' })
    expect(await (await fetch(facts.url)).text()).toContain('Glowworm')
    const socket = new WebSocket(facts.ws_url)
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    socket.close()
  })

  it('is at the same addresses, with the same admin, after a restart', async () => {
    const first = await start()
    await running.pop()?.stop()
    const second = await start()
    expect(second.facts.endpoints).toEqual(first.facts.endpoints)
    expect(second.facts.admin_password).toBe(first.facts.admin_password)
  })

  it('injects the faults that it was started with, until it is told to end them; the log says which', async () => {
    const rule = { on: 'worker', function: '*', step: 'before-start', effect: 'crash' } as const
    const { facts, logDirectory } = await start({ faults: { seed: 1, rules: [rule] } })
    expect((await fetch(`${facts.api_url}/hello`)).status).toBe(500)
    const authorization = `Bearer ${facts.steering_token}`
    const steered = await fetch(`${facts.endpoints.s3}/_faults`, { method: 'DELETE', headers: { authorization } })
    expect(await steered.json()).toMatchObject({ plan: null, injected: { 'worker/crash/before-start': 1 } })
    expect((await fetch(`${facts.api_url}/hello`)).status).toBe(200)
    await expect
      .poll(() => readFile(join(logDirectory, '_cloud.log'), 'utf8'))
      .toContain('injected worker/crash/before-start: glowworm-echo')
  })

  it('begins anew when asked to', async () => {
    const first = await start()
    await running.pop()?.stop()
    const second = await start({ reset: true })
    expect(second.facts.admin_password).not.toBe(first.facts.admin_password)
  })

  it('is gone when it has stopped, and so is what it says of itself', async () => {
    const { facts } = await start()
    await running.pop()?.stop()
    await expect(fetch(facts.url)).rejects.toThrow()
    await expect(fetch(facts.endpoints.s3)).rejects.toThrow()
    expect(existsSync(join(dataDirectory, 'local.json'))).toBe(false)
  })

  it('holds nothing back when it cannot start: the port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await new Promise((resolve) => other.close(resolve))
    await start({ port })
  })

  it('holds nothing back when it cannot start: the template is refused', async () => {
    await writeAssembly(cdkOut, { Main: { Resources: { ...resources, X: { Type: 'AWS::ECS::Cluster' } } } }, ['echo'])
    await expect(start()).rejects.toThrow(TemplateRefused)
    await writeAssembly(cdkOut, { Main: { Resources: resources } }, ['echo'])
    await start()
  })
})
