import { errorResponse } from '@glowworm/events/http-api'
import { limits } from '@glowworm/events/vocabulary'
import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { readable } from '../testing/rights.ts'
import { glowwormApp, templatesOf } from '../testing/synthesize.ts'

const { api, site } = templatesOf(glowwormApp())
const [distribution] = Object.values(site.findResources('AWS::CloudFront::Distribution'))
const config = distribution?.Properties.DistributionConfig

function originOf(behavior: { TargetOriginId: string }): Record<string, unknown> & { DomainName: unknown } {
  return config.Origins.find(({ Id }: { Id: string }) => Id === behavior.TargetOriginId)
}

describe('distribution', () => {
  it('serves files of renditions from their bucket, then short URLs and the API, then the site', () => {
    const behaviors = config.CacheBehaviors.map((behavior: { PathPattern: string; TargetOriginId: string }) => [
      behavior.PathPattern,
      readable(originOf(behavior).DomainName),
    ])
    expect(behaviors).toEqual([
      ['/media/*.*.*', 'RenditionsBucket'],
      ['/media/*', 'HttpApi.execute-api.Region.URLSuffix'],
      ['/api/auth/login', 'HttpApi.execute-api.Region.URLSuffix'],
      ['/api/*', 'HttpApi.execute-api.Region.URLSuffix'],
    ])
    expect(readable(originOf(config.DefaultCacheBehavior).DomainName)).toBe('Files')
  })

  it('reads both buckets by origin access control', () => {
    const buckets = config.Origins.filter(({ S3OriginConfig }: { S3OriginConfig?: object }) => S3OriginConfig)
    expect(buckets).toHaveLength(2)
    for (const { OriginAccessControlId } of buckets) expect(OriginAccessControlId).toBeDefined()
  })

  it('sends browsers to HTTPS everywhere', () => {
    for (const behavior of [config.DefaultCacheBehavior, ...config.CacheBehaviors]) {
      expect(behavior.ViewerProtocolPolicy).toBe('redirect-to-https')
      expect(behavior.ResponseHeadersPolicyId).toBeDefined()
    }
  })

  it('caches no answer of the API, and takes every method there', () => {
    for (const behavior of config.CacheBehaviors.slice(2)) {
      // The managed policies CachingDisabled and AllViewerExceptHostHeader.
      expect(behavior.CachePolicyId).toBe('4135ea2d-6df8-44a3-9df3-4b5a84be39ad')
      expect(behavior.OriginRequestPolicyId).toBe('b689b0a8-53d0-40ab-baf2-68738e2966ac')
      expect(behavior.AllowedMethods).toEqual(expect.arrayContaining(['POST', 'PUT', 'PATCH', 'DELETE']))
    }
  })

  it('proves to the API where an attempt to sign in comes from, and that alone; no template holds the proof', () => {
    const [, , login, others] = config.CacheBehaviors
    const [header, ...more] = originOf(login).OriginCustomHeaders as { HeaderName: string; HeaderValue: unknown }[]
    expect([header?.HeaderName, more]).toEqual(['x-glowworm-edge', []])
    expect(JSON.stringify(header?.HeaderValue)).toMatch(
      /\{\{resolve:secretsmanager:.*Fn::ImportValue.*:SecretString:::\}\}/,
    )
    expect(login.FunctionAssociations).toHaveLength(1)
    expect(originOf(others)).not.toHaveProperty('OriginCustomHeaders')
    const atTheApi = Object.values(api.findResources('AWS::Lambda::Function')).filter(
      ({ Properties }) => Properties.Environment.Variables.EDGE_SECRET !== undefined,
    )
    expect(atTheApi.map(({ Properties }) => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME)).toEqual([
      'login',
    ])
    expect(JSON.stringify(atTheApi[0]?.Properties.Environment.Variables.EDGE_SECRET)).toContain(
      '{{resolve:secretsmanager:',
    )
  })

  it('proves it by another version of the secret on request, in both places', () => {
    const edgeSecretVersion = '5f1bd3c2-0a52-4a4f-9d0c-2f6f3f2f7f10'
    const other = templatesOf(glowwormApp({ context: { edgeSecretVersion } }))
    const mentions = (template: object) =>
      JSON.stringify(template).split(`:SecretString:::${edgeSecretVersion}}}`).length - 1
    expect([mentions(other.api.toJSON()), mentions(other.site.toJSON())]).toEqual([1, 1])
  })

  it('keeps a short URL for as long as its Cache-Control says, and not without', () => {
    site.hasResourceProperties('AWS::CloudFront::CachePolicy', {
      CachePolicyConfig: { MinTTL: 0, DefaultTTL: 0, MaxTTL: 86_400 },
    })
  })
})

describe('the domain', () => {
  const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/0f00ba'
  const named = templatesOf(
    glowwormApp({ context: { stage: 'prod', domain: 'photos.example.com', certificateArn } }),
  ).site

  it('that the context names is served with its certificate, by TLS 1.2 at least', () => {
    named.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        Aliases: ['photos.example.com'],
        ViewerCertificate: {
          AcmCertificateArn: certificateArn,
          MinimumProtocolVersion: 'TLSv1.2_2021',
          SslSupportMethod: 'sni-only',
        },
      },
    })
    named.hasOutput('SiteUrl', { Value: 'https://photos.example.com' })
  })

  it("is CloudFront's own if the context names none", () => {
    expect(config.Aliases).toBeUndefined()
    expect(config.ViewerCertificate).toBeUndefined()
  })
})

describe('compression', () => {
  it('is allowed everywhere, and done with what the cache policies let CloudFront keep', () => {
    for (const behavior of [config.DefaultCacheBehavior, ...config.CacheBehaviors]) {
      expect(behavior.Compress).toBe(true)
    }
    site.hasResourceProperties('AWS::CloudFront::CachePolicy', {
      CachePolicyConfig: {
        ParametersInCacheKeyAndForwardedToOrigin: { EnableAcceptEncodingBrotli: true, EnableAcceptEncodingGzip: true },
      },
    })
  })
})

describe('security headers', () => {
  const policies = site.findResources('AWS::CloudFront::ResponseHeadersPolicy')
  const headersOf = (behavior: { ResponseHeadersPolicyId: { Ref: string } }) =>
    policies[behavior.ResponseHeadersPolicyId.Ref]?.Properties.ResponseHeadersPolicyConfig.SecurityHeadersConfig
  const policyOf = (behavior: { ResponseHeadersPolicyId: { Ref: string } }) =>
    readable(headersOf(behavior).ContentSecurityPolicy.ContentSecurityPolicy).split('; ')

  it('let a page talk to itself, the live updates and the bucket of originals only, and nobody frame it', () => {
    expect(policyOf(config.DefaultCacheBehavior)).toEqual([
      expect.stringMatching(/^connect-src 'self' \S*SocketApi\S* https:\/\/OriginalsBucket$/),
      "img-src 'self' blob: data: https://OriginalsBucket",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      'upgrade-insecure-requests',
    ])
  })

  it('let nothing run in what is no page', () => {
    for (const behavior of config.CacheBehaviors) {
      expect(policyOf(behavior)).toEqual(["default-src 'none'", "frame-ancestors 'none'", 'sandbox'])
    }
  })

  it('demand HTTPS of this name for a year, and of no name below it', () => {
    for (const behavior of [config.DefaultCacheBehavior, ...config.CacheBehaviors]) {
      expect(headersOf(behavior).StrictTransportSecurity).toMatchObject({
        AccessControlMaxAgeSec: 31_536_000,
        IncludeSubdomains: false,
      })
    }
  })

  it('are set whatever the origin says', () => {
    for (const behavior of [config.DefaultCacheBehavior, ...config.CacheBehaviors]) {
      const headers = Object.values<{ Override: boolean }>(headersOf(behavior))
      expect(headers).toHaveLength(5)
      expect(headers.every(({ Override }) => Override)).toBe(true)
    }
  })
})

it('keeps the files of the site in a private bucket', () => {
  site.hasResourceProperties('AWS::S3::Bucket', {
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true },
  })
  site.hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Effect: 'Allow',
          Action: ['s3:GetObject', 's3:ListBucket'],
          Principal: { Service: 'cloudfront.amazonaws.com' },
        }),
      ]),
    },
  })
})

type EdgeHandler = (event: object) => { readonly uri?: string; readonly body?: { readonly data: string } }

/** The function that runs at the edge on requests of this behaviour. */
function edgeHandler(behavior: { FunctionAssociations: [{ FunctionARN: { 'Fn::GetAtt': [string] } }] }): EdgeHandler {
  const [id] = behavior.FunctionAssociations[0].FunctionARN['Fn::GetAtt']
  const code = site.findResources('AWS::CloudFront::Function')[id]?.Properties.FunctionCode
  return new Function(`${code}; return handler`)()
}

it('names the viewer to the API at the edge, over what the viewer says', () => {
  const name = edgeHandler(config.CacheBehaviors[2])
  const headers = { 'x-glowworm-viewer': { value: 'somebody else' } }
  const named = name({ viewer: { ip: '192.0.2.1' }, request: { headers } })
  expect(named).toEqual({ headers: { 'x-glowworm-viewer': { value: '192.0.2.1' } } })
})

describe('rewriting at the edge', () => {
  const rewrite = edgeHandler(config.DefaultCacheBehavior)

  it.each([
    ['/', '/index.html'],
    ['/settings', '/index.html'],
    ['/images/0f00ba', '/index.html'],
    ['/_app/immutable/start.AbC.js', '/_app/immutable/start.AbC.js'],
    ['/favicon.svg', '/favicon.svg'],
    ['/v1.2/settings', '/index.html'],
  ])('%s is answered with %s', (uri, expected) => {
    expect(rewrite({ request: { uri } }).uri).toBe(expected)
  })
})

describe('a body for the API', () => {
  const check = edgeHandler(config.CacheBehaviors[3])
  const ofLength = (value: string) => ({
    context: { requestId: 'request-1' },
    request: { uri: '/api/images/upload', headers: { 'content-length': { value } } },
  })
  /** What a synchronous call takes, and what API Gateway may put beside the body. */
  const fits = ((6 * 2 ** 20 - 40_000) * 3) / 4

  it('goes on if the API takes it, and can then be refused by the API itself', () => {
    for (const size of [0, limits.directUploadBytes + 10_000]) {
      const event = ofLength(String(size))
      expect(check(event)).toBe(event.request)
    }
  })

  it('goes on if it does not say how long it is', () => {
    const event = { request: { uri: '/api/health', headers: {} } }
    expect(check(event)).toBe(event.request)
  })

  it('that no function could be called with is refused as the API refuses', () => {
    const answer = check(ofLength(String(Math.ceil(fits))))
    expect(answer).toMatchObject({
      statusCode: 413,
      headers: { 'content-type': { value: 'application/json' }, 'cache-control': { value: 'no-store' } },
    })
    const body = errorResponse.parse(JSON.parse(answer.body?.data ?? ''))
    expect(body).toMatchObject({ error: { code: 'payload_too_large' }, request_id: 'request-1' })
    expect(body.error.message).toContain('POST /api/uploads')
  })
})
