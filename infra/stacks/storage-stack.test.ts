import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { readable } from '../testing/rights.ts'
import { glowwormApp, templatesOf } from '../testing/synthesize.ts'

const dev = templatesOf(glowwormApp()).storage
const prod = templatesOf(glowwormApp({ context: { stage: 'prod' } })).storage

describe('buckets', () => {
  const buckets = Object.entries(dev.findResources('AWS::S3::Bucket'))

  it.each(buckets)('%s is closed to the public and encrypted', (_, { Properties }) => {
    expect(Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
    })
  })

  it.each(buckets)('%s refuses requests without TLS', (id) => {
    dev.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: id },
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    })
  })

  it('let a browser put an original, with the checksum that S3 verifies, from the pages of the stage', () => {
    prod.hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: {
        CorsRules: [
          {
            AllowedMethods: ['PUT'],
            AllowedOrigins: ['https://*.cloudfront.net'],
            AllowedHeaders: ['content-type', 'x-amz-checksum-sha256', 'x-amz-sdk-checksum-algorithm'],
            ExposedHeaders: ['etag'],
            MaxAge: 3600,
          },
        ],
      },
    })
    const cors = Object.values(prod.findResources('AWS::S3::Bucket')).filter(
      ({ Properties }) => Properties.CorsConfiguration,
    )
    expect(cors).toHaveLength(1)
  })

  it.each(['originals/', 'renditions/'])('keep an access log of %s and end abandoned uploads', (LogFilePrefix) => {
    dev.hasResourceProperties('AWS::S3::Bucket', {
      LoggingConfiguration: { LogFilePrefix },
      LifecycleConfiguration: {
        Rules: [Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' })],
      },
    })
  })

  it('give the CDN of this account the renditions to read, and nothing else to anybody', () => {
    const allowed = Object.values(dev.findResources('AWS::S3::BucketPolicy'))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Effect, Principal }) => Effect === 'Allow' && Principal.Service !== 'logging.s3.amazonaws.com')
      .map(({ Action, Resource, Principal, Condition }) => ({
        Action,
        Resource: readable(Resource),
        Principal,
        Condition,
      }))
    const distributions = {
      'Fn::Join': [
        '',
        ['arn:', { Ref: 'AWS::Partition' }, ':cloudfront::', { Ref: 'AWS::AccountId' }, ':distribution/*'],
      ],
    }
    const byTheCdn = {
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Condition: { ArnLike: { 'aws:SourceArn': distributions } },
    }
    expect(allowed).toEqual([
      { Action: 's3:GetObject', Resource: 'RenditionsBucket/media/*', ...byTheCdn },
      { Action: 's3:ListBucket', Resource: 'RenditionsBucket', ...byTheCdn },
    ])
  })
})

describe('tables', () => {
  const key = (hash: string, range?: string) => [
    { AttributeName: hash, KeyType: 'HASH' },
    ...(range ? [{ AttributeName: range, KeyType: 'RANGE' }] : []),
  ]
  const index = (IndexName: string, KeySchema: object[], include: string[]) => ({
    IndexName,
    KeySchema,
    Projection: include.length
      ? { ProjectionType: 'INCLUDE', NonKeyAttributes: include }
      : { ProjectionType: 'KEYS_ONLY' },
  })
  const timeToLive = { AttributeName: 'expires_at_seconds', Enabled: true }

  it('are these, with their indexes and their expiry', () => {
    const tables = Object.entries(dev.findResources('AWS::DynamoDB::Table')).map(([id, { Properties }]) => [
      readable({ Ref: id }),
      {
        key: Properties.KeySchema,
        indexes: Properties.GlobalSecondaryIndexes ?? [],
        timeToLive: Properties.TimeToLiveSpecification ?? null,
      },
    ])
    expect(Object.fromEntries(tables)).toEqual({
      ImagesTable: {
        key: key('id'),
        indexes: [
          index('by_uploaded_at', key('listing', 'uploaded_at'), ['search_text', 'processing_status', 'variant_names']),
          index('by_status', key('listing_status', 'uploaded_at'), ['search_text', 'updated_at']),
          index('by_filename', key('listing', 'sort_name'), ['search_text', 'processing_status']),
        ],
        timeToLive: null,
      },
      UploadsTable: {
        key: key('id'),
        indexes: [index('by_created_at', key('unsettled', 'created_at'), [])],
        timeToLive,
      },
      SettingsTable: { key: key('name'), indexes: [], timeToLive: null },
      EventsTable: { key: key('channel', 'id'), indexes: [], timeToLive },
      SubscriptionsTable: { key: key('channel', 'connection_id'), indexes: [], timeToLive },
      TicketsTable: { key: key('id'), indexes: [], timeToLive },
      SignInFailuresTable: { key: key('id'), indexes: [], timeToLive },
    })
  })

  it('are paid by the request and can be restored to any point in time', () => {
    dev.allResourcesProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    })
  })
})

describe('users', () => {
  it('cannot sign themselves up, and need a strong password', () => {
    dev.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      UsernameConfiguration: { CaseSensitive: false },
      Policies: {
        PasswordPolicy: {
          MinimumLength: 12,
          RequireLowercase: true,
          RequireUppercase: true,
          RequireNumbers: true,
          RequireSymbols: true,
        },
      },
    })
  })

  it('are known by a user name, which is what an access token carries', () => {
    dev.hasResourceProperties('AWS::Cognito::UserPool', {
      UsernameAttributes: Match.absent(),
      AliasAttributes: Match.absent(),
    })
  })

  it('sign in with a password through a public client that does not tell whether an account exists', () => {
    dev.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      GenerateSecret: false,
      PreventUserExistenceErrors: 'ENABLED',
      AccessTokenValidity: 60,
      IdTokenValidity: 60,
      RefreshTokenValidity: 43_200,
      TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' },
    })
  })

  it('are administrators by their group', () => {
    dev.hasResourceProperties('AWS::Cognito::UserPoolGroup', { GroupName: 'admins' })
  })
})

describe('what holds data', () => {
  const stateful = ['AWS::S3::Bucket', 'AWS::DynamoDB::Table', 'AWS::Cognito::UserPool']

  it.each(stateful)('%s outlives its stack in prod, once it has been created', (type) => {
    prod.allResources(type, { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' })
  })

  it.each(stateful)('%s goes with its stack in dev', (type) => {
    dev.allResources(type, { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' })
  })

  it('cannot be deleted by a slip in prod', () => {
    prod.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true })
    prod.allResourcesProperties('AWS::Cognito::UserPool', { DeletionProtection: 'ACTIVE' })
    expect(glowwormApp({ context: { stage: 'prod' } }).stacks.storage.terminationProtection).toBe(true)
  })
})
