import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CloudModel } from '../model.ts'
import { TemplateRefused } from './complaints.ts'
import { readCloudModel } from './read-cloud-model.ts'
import { type DeclaredResources, type DeclaredStack, writeAssembly } from './testing/write-assembly.ts'

const endpoints = { aws: 'http://127.0.0.1:4566', frontDoor: 'http://localhost:4200' }

let cdkOut: string
beforeEach(async () => {
  cdkOut = await mkdtemp(join(tmpdir(), 'glowworm-assembly-'))
})
afterEach(() => rm(cdkOut, { recursive: true, force: true }))

async function read(stacks: Record<string, DeclaredStack>, assets: readonly string[] = []): Promise<CloudModel> {
  await writeAssembly(cdkOut, stacks, assets)
  return readCloudModel(cdkOut, endpoints)
}

const readOne = (Resources: DeclaredResources, assets: readonly string[] = []) => read({ Main: { Resources } }, assets)

async function complaintsAbout(resources: DeclaredResources): Promise<readonly string[]> {
  const refusal: unknown = await readOne(resources).catch((error: unknown) => error)
  if (!(refusal instanceof TemplateRefused)) throw new Error('Expected a refusal', { cause: refusal })
  return refusal.complaints.map((one) => `${one.stack} ${one.logicalId} ${one.property}: ${one.problem}`)
}

function lambdaFunction(properties: Record<string, unknown> = {}) {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      ...properties,
    },
  }
}

const queue = (properties: Record<string, unknown> = {}) => ({ Type: 'AWS::SQS::Queue', Properties: properties })

describe('readCloudModel', () => {
  it('reads buckets with their CORS rules', async () => {
    const { buckets } = await readOne({
      Originals11111111: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          CorsConfiguration: {
            CorsRules: [{ AllowedMethods: ['PUT'], AllowedOrigins: ['https://*.cloudfront.net'], MaxAge: 600 }],
          },
          BucketEncryption: { anything: true },
        },
      },
    })
    expect(buckets).toEqual([
      {
        name: 'glowworm-originals',
        cors: [
          {
            allowedOrigins: ['https://*.cloudfront.net'],
            allowedMethods: ['PUT'],
            allowedHeaders: [],
            exposedHeaders: [],
            maxAgeSeconds: 600,
          },
        ],
      },
    ])
  })

  it('reads tables as CreateTable takes them, and their time to live', async () => {
    const hash = [{ AttributeName: 'id', KeyType: 'HASH' }]
    const byChannel = {
      IndexName: 'by_channel',
      KeySchema: hash,
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a'] },
    }
    const { tables } = await readOne({
      Connections11111111: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          KeySchema: hash,
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          GlobalSecondaryIndexes: [byChannel],
          BillingMode: 'PAY_PER_REQUEST',
          TimeToLiveSpecification: { AttributeName: 'expires_at_seconds', Enabled: true },
        },
      },
    })
    expect(tables).toEqual([
      {
        name: 'glowworm-connections',
        keySchema: hash,
        attributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        globalSecondaryIndexes: [byChannel],
        timeToLiveAttribute: 'expires_at_seconds',
      },
    ])
  })

  it('reads queues with their redrive, by URL, ARN and name', async () => {
    const { queues } = await readOne({
      JobsHigh11111111: queue({
        VisibilityTimeout: 360,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['JobsHighDead22222222', 'Arn'] }, maxReceiveCount: 5 },
      }),
      JobsHighDead22222222: queue({ MessageRetentionPeriod: 1_209_600 }),
    })
    expect(queues[0]).toEqual({
      name: 'glowworm-jobs-high',
      arn: 'arn:aws:sqs:us-east-1:000000000000:glowworm-jobs-high',
      url: 'http://127.0.0.1:4566/000000000000/glowworm-jobs-high',
      visibilityTimeoutSeconds: 360,
      retentionSeconds: 345_600,
      delaySeconds: 0,
      redrive: {
        deadLetterQueueArn: 'arn:aws:sqs:us-east-1:000000000000:glowworm-jobs-high-dead',
        maxReceiveCount: 5,
      },
    })
    expect(queues[1]).toMatchObject({ retentionSeconds: 1_209_600, redrive: null })
  })

  it('reads functions with code, layers, retries and an environment of this machine', async () => {
    const { functions, eventSources, subscriptions, schedules } = await readOne(
      {
        Worker11111111: lambdaFunction({
          Layers: [{ Ref: 'Sharp' }],
          Timeout: 60,
          MemorySize: 3008,
          Environment: { Variables: { QUEUE: { Ref: 'Jobs' }, ISSUER: { 'Fn::GetAtt': ['Users', 'ProviderURL'] } } },
        }),
        Sharp: { Type: 'AWS::Lambda::LayerVersion', Properties: { Content: { S3Bucket: 'b', S3Key: 'sharp.zip' } } },
        Retries: {
          Type: 'AWS::Lambda::EventInvokeConfig',
          Properties: {
            FunctionName: { Ref: 'Worker11111111' },
            Qualifier: '$LATEST',
            MaximumRetryAttempts: 1,
            DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Jobs', 'Arn'] } } },
          },
        },
        Jobs: queue(),
        Users: { Type: 'AWS::Cognito::UserPool', Properties: { UsernameAttributes: ['email'] } },
        Mapping: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            FunctionName: { Ref: 'Worker11111111' },
            EventSourceArn: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
            BatchSize: 1,
            ScalingConfig: { MaximumConcurrency: 4 },
            FunctionResponseTypes: ['ReportBatchItemFailures'],
          },
        },
        Updates: { Type: 'AWS::SNS::Topic' },
        Subscription: {
          Type: 'AWS::SNS::Subscription',
          Properties: {
            TopicArn: { Ref: 'Updates' },
            Protocol: 'lambda',
            Endpoint: { 'Fn::GetAtt': ['Worker11111111', 'Arn'] },
          },
        },
        Sweep: {
          Type: 'AWS::Events::Rule',
          Properties: {
            ScheduleExpression: 'rate(5 minutes)',
            State: 'ENABLED',
            Targets: [{ Id: 'Target0', Arn: { 'Fn::GetAtt': ['Worker11111111', 'Arn'] } }],
          },
        },
        Role: { Type: 'AWS::IAM::Role' },
      },
      ['code', 'sharp'],
    )
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:glowworm-worker'
    const jobs = 'arn:aws:sqs:us-east-1:000000000000:glowworm-jobs'
    expect(functions).toEqual([
      {
        name: 'glowworm-worker',
        arn,
        codeDirectory: join(cdkOut, 'asset.code'),
        handler: 'index.handler',
        layerDirectories: [join(cdkOut, 'asset.sharp')],
        timeoutSeconds: 60,
        memoryMb: 3008,
        environment: {
          QUEUE: 'http://127.0.0.1:4566/000000000000/glowworm-jobs',
          ISSUER: 'http://127.0.0.1:4566/us-east-1_glowwormusers',
        },
        reservedConcurrency: null,
        maximumRetryAttempts: 1,
        onFailureQueueArn: jobs,
      },
    ])
    expect(eventSources).toEqual([
      {
        functionArn: arn,
        queueArn: jobs,
        batchSize: 1,
        maximumBatchingWindowSeconds: 0,
        maximumConcurrency: 4,
        reportBatchItemFailures: true,
      },
    ])
    expect(subscriptions).toEqual([
      { topicArn: 'arn:aws:sns:us-east-1:000000000000:glowworm-updates', functionArn: arn, filterPolicy: null },
    ])
    expect(schedules).toEqual([
      { name: 'glowworm-sweep-Target0', expression: 'rate(5 minutes)', functionArn: arn, input: null },
    ])
  })

  it('reads an HTTP API, its routes and their authoriser', async () => {
    const api = { Ref: 'Http' }
    const { httpApis } = await readOne(
      {
        Work: lambdaFunction(),
        Guard: lambdaFunction(),
        Http: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
        Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: api, StageName: '$default' } },
        Integration: {
          Type: 'AWS::ApiGatewayV2::Integration',
          Properties: {
            ApiId: api,
            IntegrationType: 'AWS_PROXY',
            IntegrationUri: { 'Fn::GetAtt': ['Work', 'Arn'] },
            PayloadFormatVersion: '2.0',
          },
        },
        Authorizer: {
          Type: 'AWS::ApiGatewayV2::Authorizer',
          Properties: {
            ApiId: api,
            AuthorizerType: 'REQUEST',
            AuthorizerPayloadFormatVersion: '2.0',
            EnableSimpleResponses: true,
            AuthorizerUri: {
              'Fn::Join': [
                '',
                [
                  'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/',
                  { 'Fn::GetAtt': ['Guard', 'Arn'] },
                  '/invocations',
                ],
              ],
            },
          },
        },
        Guarded: {
          Type: 'AWS::ApiGatewayV2::Route',
          Properties: {
            ApiId: api,
            RouteKey: 'GET /api/images',
            Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
            AuthorizationType: 'CUSTOM',
            AuthorizerId: { Ref: 'Authorizer' },
          },
        },
        Public: {
          Type: 'AWS::ApiGatewayV2::Route',
          Properties: {
            ApiId: api,
            RouteKey: 'GET /api/health',
            Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
          },
        },
      },
      ['code'],
    )
    const arn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`
    expect(httpApis).toEqual([
      {
        id: 'glowworm-http',
        stage: '$default',
        cors: null,
        routes: [
          {
            routeKey: 'GET /api/images',
            functionArn: arn('glowworm-work'),
            authorizer: { functionArn: arn('glowworm-guard'), identitySources: [], cacheSeconds: 0 },
          },
          { routeKey: 'GET /api/health', functionArn: arn('glowworm-work'), authorizer: null },
        ],
      },
    ])
  })

  it('reads a distribution, its behaviours in order with the default one last, and their headers', async () => {
    const { distributions } = await readOne({
      Renditions: { Type: 'AWS::S3::Bucket' },
      Http: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
      Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: { Ref: 'Http' }, StageName: '$default' } },
      Headers: {
        Type: 'AWS::CloudFront::ResponseHeadersPolicy',
        Properties: {
          ResponseHeadersPolicyConfig: {
            Name: 'security',
            SecurityHeadersConfig: {
              ContentTypeOptions: { Override: true },
              ContentSecurityPolicy: {
                ContentSecurityPolicy: {
                  'Fn::Join': [
                    '',
                    [
                      "connect-src 'self' https://",
                      { 'Fn::GetAtt': ['Renditions', 'RegionalDomainName'] },
                      '; upgrade-insecure-requests',
                    ],
                  ],
                },
                Override: true,
              },
              StrictTransportSecurity: { AccessControlMaxAgeSec: 1, Override: true },
            },
          },
        },
      },
      Rewrite: {
        Type: 'AWS::CloudFront::Function',
        Properties: {
          Name: 'rewrite',
          FunctionCode: 'function handler(event) { return event.request }',
          FunctionConfig: { Runtime: 'cloudfront-js-2.0' },
        },
      },
      Site: {
        Type: 'AWS::CloudFront::Distribution',
        Properties: {
          DistributionConfig: {
            Enabled: true,
            DefaultRootObject: 'index.html',
            Origins: [
              { Id: 'files', DomainName: { 'Fn::GetAtt': ['Renditions', 'RegionalDomainName'] }, S3OriginConfig: {} },
              {
                Id: 'api',
                DomainName: {
                  'Fn::Select': [2, { 'Fn::Split': ['/', { 'Fn::GetAtt': ['Http', 'ApiEndpoint'] }] }],
                },
                CustomOriginConfig: {},
                OriginCustomHeaders: [{ HeaderName: 'X-Proof', HeaderValue: 'proof' }],
              },
            ],
            DefaultCacheBehavior: {
              TargetOriginId: 'files',
              ResponseHeadersPolicyId: { Ref: 'Headers' },
              FunctionAssociations: [
                { EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': ['Rewrite', 'FunctionARN'] } },
              ],
            },
            CacheBehaviors: [{ TargetOriginId: 'api', PathPattern: '/api/*', AllowedMethods: ['GET', 'POST'] }],
          },
        },
      },
    })
    expect(distributions).toEqual([
      {
        defaultRootObject: 'index.html',
        behaviors: [
          {
            pathPattern: '/api/*',
            origin: { kind: 'http-api', apiId: 'glowworm-http', headers: { 'x-proof': 'proof' } },
            allowedMethods: ['GET', 'POST'],
            viewerRequestCode: null,
            responseHeaders: {},
          },
          {
            pathPattern: '*',
            origin: { kind: 'bucket', bucketName: 'glowworm-renditions' },
            allowedMethods: ['GET', 'HEAD'],
            viewerRequestCode: 'function handler(event) { return event.request }',
            responseHeaders: {
              'content-security-policy': "connect-src 'self' http://127.0.0.1:4566",
              'x-content-type-options': 'nosniff',
            },
          },
        ],
      },
    ])
  })

  it('follows exports from stack to stack, whichever comes first', async () => {
    const { queues } = await read({
      Processing: {
        Resources: {
          Jobs: queue({ RedrivePolicy: { deadLetterTargetArn: { 'Fn::ImportValue': 'dead' }, maxReceiveCount: '5' } }),
        },
      },
      Storage: {
        Resources: { Dead: queue() },
        Outputs: { Dead: { Value: { 'Fn::GetAtt': ['Dead', 'Arn'] }, Export: { Name: 'dead' } } },
      },
    })
    expect(queues[0]?.redrive?.deadLetterQueueArn).toBe(queues[1]?.arn)
  })

  it('leaves out resources whose condition does not hold', async () => {
    const { topics } = await read({
      Main: {
        Resources: {
          Here: { Type: 'AWS::SNS::Topic', Condition: 'IsHere' },
          There: { Type: 'AWS::SNS::Topic', Condition: 'IsThere' },
        },
        Conditions: {
          IsHere: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
          IsThere: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-central-1'] },
        },
      },
    })
    expect(topics.map((topic) => topic.name)).toEqual(['glowworm-here'])
  })

  it('gives the same names every time', async () => {
    const resources = { Jobs11111111: queue(), Other22222222: queue() }
    expect(await readOne(resources)).toEqual(await readOne(resources))
  })
})

describe('readCloudModel refuses', () => {
  it('a type of resource that it does not know', async () => {
    expect(await complaintsAbout({ Cluster: { Type: 'AWS::ECS::Cluster' } })).toEqual([
      'Main Cluster : the resource type AWS::ECS::Cluster is not known here',
    ])
  })

  it('a property that it does not know, however deep', async () => {
    expect(
      await complaintsAbout({
        Jobs: queue({ FifoQueue: true }),
        Files: {
          Type: 'AWS::S3::Bucket',
          Properties: {
            CorsConfiguration: { CorsRules: [{ AllowedMethods: [], AllowedOrigins: [], Surprise: 1 }] },
          },
        },
      }),
    ).toEqual([
      'Main Files CorsConfiguration.CorsRules[0].Surprise: this property of AWS::S3::Bucket is not known here',
      'Main Jobs FifoQueue: this property of AWS::SQS::Queue is not known here',
    ])
  })

  it('a value of another kind', async () => {
    const [complaint] = await complaintsAbout({ Jobs: queue({ VisibilityTimeout: 'soon' }) })
    expect(complaint).toMatch(/^Main Jobs VisibilityTimeout: /)
  })

  it('a reference to what is not there', async () => {
    expect(
      await complaintsAbout({
        Jobs: queue({ RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Gone', 'Arn'] }, maxReceiveCount: 1 } }),
      }),
    ).toEqual(['Main Jobs RedrivePolicy: there is no resource Gone in Main'])
  })

  it('a function that would speak to AWS', async () => {
    const variables = { TARGET: 'https://rekognition.us-east-1.amazonaws.com' }
    expect(await complaintsAbout({ Work: lambdaFunction({ Environment: { Variables: variables } }) })).toContainEqual(
      expect.stringContaining('Main Work Environment.Variables.TARGET: https://rekognition'),
    )
  })

  it('code that the assembly does not hold', async () => {
    expect(await complaintsAbout({ Work: lambdaFunction() })).toEqual([
      'Main Work Code.S3Key: no asset of the assembly has the key code.zip',
    ])
  })

  it('everything at once, and says where', async () => {
    const refusal = readOne({ Cluster: { Type: 'AWS::ECS::Cluster' }, Jobs: queue({ FifoQueue: true }) })
    await expect(refusal).rejects.toThrow(/Main › Jobs › FifoQueue: [^\n]+\n {2}Main › Cluster: /)
  })

  it('an assembly that is none, by the name of the file', async () => {
    await expect(readCloudModel(cdkOut, endpoints)).rejects.toThrow('manifest.json')
  })
})
