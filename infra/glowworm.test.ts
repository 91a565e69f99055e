import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { describe, expect, it } from 'vitest'
import { describeRights, rightsByFunction } from './testing/rights.ts'
import { glowwormApp, templatesOf } from './testing/synthesize.ts'

const everyOption = {
  domain: 'photos.example.com',
  certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0f00ba',
  alarmEmail: 'ops@example.com',
  monthlyBudget: '25',
  account: '123456789012',
  region: 'eu-west-1',
}

it.each([
  ['dev', {}],
  ['prod', {}],
  ['prod', everyOption],
])('stage %s with %j breaks no rule of AWS Solutions and no schema of CloudFormation', (stage, options) => {
  expect(() => templatesOf(glowwormApp({ context: { stage, ...options }, checkSchemas: true }))).not.toThrow()
})

it('does not synthesise what breaks a rule', () => {
  const { app, stacks } = glowwormApp()
  new Bucket(stacks.storage, 'Careless')
  expect(() => app.synth()).toThrow('AwsSolutions-S10')
})

const templates = templatesOf(glowwormApp())

interface Resource {
  readonly Type: string
  // biome-ignore lint/suspicious/noExplicitAny: properties of CloudFormation as they come.
  readonly Properties: any
}

describe('all stacks', () => {
  const all = Object.values(templates)
  const resources = all.flatMap((template) => Object.entries<{ Type: string }>(template.toJSON().Resources))
  const functions = all.flatMap((template) => Object.values(template.findResources('AWS::Lambda::Function')))

  it('have no custom resource, whose code an emulator would have to run to deploy', () => {
    const custom = resources.filter(([, { Type }]) => Type.startsWith('Custom::') || Type.endsWith('::CustomResource'))
    expect(custom).toEqual([])
  })

  it('belong to no account and no region unless they are given', () => {
    expect(JSON.stringify(all.map((template) => template.toJSON()))).not.toMatch(/\d{12}[:-]|[a-z]{2}-[a-z]+-\d[:-]/)
  })

  it('have stage and region in the names of what belongs to the whole account', () => {
    const ofTheAccount = Object.values(templatesOf(glowwormApp({ context: { stage: 'prod', ...everyOption } })))
      .flatMap((template) => Object.values<Resource>(template.toJSON().Resources))
      .filter(({ Type }) => /^AWS::(Budgets::|CloudFront::(?!Distribution$))/.test(Type))
      .map(({ Type, Properties }) => ({
        Type,
        name: /"(?:Budget)?Name":"([^"]*)"/.exec(JSON.stringify(Properties))?.[1],
      }))
    expect(new Set(ofTheAccount.map(({ Type }) => Type)).size).toBe(5)
    for (const { name } of ofTheAccount) {
      expect(name).toMatch(/prod/)
      expect(name).toMatch(/eu-west-1/)
      expect(name?.length).toBeLessThanOrEqual(64)
    }
    expect(new Set(ofTheAccount.map(({ name }) => name)).size).toBe(ofTheAccount.length)
  })

  it('run every function on Node 24 and ARM64, with traces, source maps and a log of its own that expires', () => {
    const logs = new Map(all.flatMap((template) => Object.entries(template.findResources('AWS::Logs::LogGroup'))))
    const seen = new Set<string>()
    for (const { Properties: fn } of functions) {
      expect(fn).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
        Environment: {
          Variables: { NODE_OPTIONS: '--enable-source-maps', POWERTOOLS_METRICS_NAMESPACE: 'Glowworm/dev' },
        },
      })
      const log = fn.LoggingConfig.LogGroup.Ref
      expect(logs.get(log)?.Properties.RetentionInDays).toBe(7)
      expect(seen).not.toContain(log)
      seen.add(log)
    }
  })

  it('have one function per handler, and one handler per function', () => {
    const folder = join(import.meta.dirname, '..', 'functions', 'handlers')
    const handlers = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    const names = functions.map(({ Properties }) => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME)
    expect(names.toSorted()).toEqual(handlers.map((file) => file.replace('.ts', '')).toSorted())
  })
})

describe('rights', () => {
  const rights = new Map([...rightsByFunction(templates.processing), ...rightsByFunction(templates.api)])
  const everywhere = Object.values(templates).flatMap((template) =>
    Object.values<Resource>(template.toJSON().Resources),
  )

  const rightsOf = (name: string) => rights.get(name) ?? []
  const tablesOf = (name: string) => [
    ...new Set(
      rightsOf(name)
        .filter(({ action }) => action.startsWith('dynamodb:'))
        .map(({ resource }) => resource.replace(/\/.*/, '')),
    ),
  ]

  it('of each function are these and no more', async () => {
    await expect(describeRights(rights)).toMatchFileSnapshot('./rights.txt')
  })

  it('come from policies of one role each, and from nowhere else', () => {
    const identities = Map.groupBy(
      everywhere.filter(({ Type }) => /^AWS::(?:IAM|SSO|RolesAnywhere)::/.test(Type)),
      ({ Type }) => Type,
    )
    expect([...identities.keys()].toSorted()).toEqual(['AWS::IAM::Policy', 'AWS::IAM::Role'])
    for (const { Properties } of identities.get('AWS::IAM::Role') ?? []) {
      expect(Object.keys(Properties)).toEqual(['AssumeRolePolicyDocument'])
    }
    for (const { Properties } of identities.get('AWS::IAM::Policy') ?? []) {
      expect(Object.keys(Properties).toSorted()).toEqual(['PolicyDocument', 'PolicyName', 'Roles'])
      expect(Properties.Roles).toHaveLength(1)
    }
  })

  it('are those of functions: a role is taken by Lambda, for one of them', () => {
    const roles = everywhere.filter(({ Type }) => Type === 'AWS::IAM::Role')
    for (const { Properties } of roles) {
      expect(Properties.AssumeRolePolicyDocument.Statement).toEqual([
        { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
      ])
    }
    const functions = everywhere.filter(({ Type }) => Type === 'AWS::Lambda::Function')
    expect(new Set(functions.map(({ Properties }) => Properties.Role['Fn::GetAtt'][0])).size).toBe(roles.length)
    expect(functions).toHaveLength(roles.length)
    expect(rights.size).toBe(functions.length)
  })

  it('are allowed without a condition, but for the place of a checkpoint', () => {
    const statements: Record<string, unknown>[] = everywhere
      .filter(({ Type }) => Type === 'AWS::IAM::Policy')
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    expect(new Set(statements.map(({ Effect }) => Effect))).toEqual(new Set(['Allow']))
    const known = ['Action', 'Condition', 'Effect', 'Resource']
    expect(statements.flatMap((each) => Object.keys(each)).filter((key) => !known.includes(key))).toEqual([])
    const conditional = statements.filter(({ Condition }) => Condition !== undefined)
    expect(conditional.length).toBeGreaterThan(0)
    for (const { Action, Condition } of conditional) {
      expect({ Action, Condition }).toEqual({
        Action: 'dynamodb:PutItem',
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['checkpoint:*'] } },
      })
    }
  })

  it('name every action', () => {
    expect([...rights.values()].flat().filter(({ action }) => action.includes('*'))).toEqual([])
  })

  it('end at resources, except for traces, which have none', () => {
    const unlimited = [...rights.values()].flat().filter(({ resource }) => resource === '*')
    expect(new Set(unlimited.map(({ action }) => action))).toEqual(
      new Set(['xray:PutTelemetryRecords', 'xray:PutTraceSegments']),
    )
  })

  it('have a wildcard only where objects and connections come and go', () => {
    const wildcards = [...rights.values()].flat().filter(({ resource }) => resource.includes('*') && resource !== '*')
    expect(new Set(wildcards.map(({ resource }) => resource.replace(/^.*?(?=\/)/, '')))).toEqual(
      new Set([
        '/originals/*',
        '/media/*',
        '/live/POST/@connections/*',
        '/live/DELETE/@connections/*',
        'SettingsTable[checkpoint:*]',
      ]),
    )
  })

  it('of the worker end at photos: it cannot read settings, sessions, sockets or the event log', () => {
    expect(tablesOf('process-image')).toEqual(['ImagesTable'])
  })

  it('of who tells browsers end at events and sockets: it cannot read images, bytes or settings', () => {
    expect(tablesOf('notify')).toEqual(['EventsTable', 'SubscriptionsTable'])
    expect(rightsOf('notify').filter(({ action }) => action.startsWith('s3:'))).toEqual([])
  })

  it('to change or delete originals have neither the worker nor anybody who only reads', () => {
    const writers = [...rights].filter(([, all]) =>
      all.some(({ action, resource }) => /^s3:(Put|Delete)/.test(action) && resource.startsWith('OriginalsBucket')),
    )
    expect(writers.map(([name]) => name).toSorted()).toEqual([
      'begin-upload',
      'bulk-delete',
      'complete-upload',
      'delete-image',
      'reconcile-storage',
      'sweep',
      'upload-image',
    ])
  })

  it('include no scan of a table', () => {
    expect([...rights.values()].flat().filter(({ action }) => action === 'dynamodb:Scan')).toEqual([])
  })
})
