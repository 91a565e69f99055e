import { z } from 'zod'
import type { BehaviorModel, DistributionModel, OriginModel } from '../../model.ts'
import { region, urlSuffix } from '../account.ts'
import { because, boolean, harmless, texts } from '../properties.ts'
import type { ResourceOf, Resources } from '../resources.ts'

const behavior = z.strictObject({
  TargetOriginId: z.string(),
  AllowedMethods: texts.default(['GET', 'HEAD']),
  FunctionAssociations: z
    .tuple([z.strictObject({ EventType: z.literal('viewer-request'), FunctionARN: z.string() })])
    .optional(),
  ResponseHeadersPolicyId: z.string().optional(),
  CachePolicyId: harmless('nothing is cached between this front door and its origins'),
  CachedMethods: harmless('nothing is cached between this front door and its origins'),
  Compress: harmless('the loopback needs no compression'),
  OriginRequestPolicyId: harmless('origins get every header that the viewer sent'),
  ViewerProtocolPolicy: harmless('there is no TLS on the loopback'),
})

const distribution = z.strictObject({
  DistributionConfig: z.strictObject({
    Aliases: harmless('the front door has one name, localhost'),
    Origins: z.array(
      z.strictObject({
        Id: z.string(),
        DomainName: z.string(),
        OriginPath: z.literal('').optional(),
        OriginCustomHeaders: z.array(z.strictObject({ HeaderName: z.string(), HeaderValue: z.string() })).default([]),
        S3OriginConfig: harmless(because.permissions),
        CustomOriginConfig: harmless('there is no TLS on the loopback'),
        OriginAccessControlId: harmless(because.permissions),
        ConnectionAttempts: harmless('the loopback is always there'),
        ConnectionTimeout: harmless('the loopback is always there'),
        OriginShield: harmless('nothing is cached between this front door and its origins'),
      }),
    ),
    DefaultCacheBehavior: behavior,
    CacheBehaviors: z.array(behavior.extend({ PathPattern: z.string() })).default([]),
    DefaultRootObject: z.string().optional(),
    Enabled: z.union([z.literal(true), z.literal('true')]),
    Comment: harmless(because.description),
    CustomErrorResponses: harmless('nothing is kept at the front door, errors included'),
    HttpVersion: harmless('the front door speaks HTTP/1.1, as every browser does'),
    IPV6Enabled: harmless('there is one address, that of this machine'),
    Logging: harmless(because.telemetry),
    PriceClass: harmless('there is one edge, this machine'),
    Restrictions: harmless('there is one viewer, the developer'),
    ViewerCertificate: harmless('there is no TLS on the loopback'),
    WebACLId: harmless('it tells callers apart, and all of them come from this machine'),
  }),
  Tags: harmless(because.tags),
})

const edgeFunction = z.strictObject({
  FunctionCode: z.string(),
  FunctionConfig: z.strictObject({
    Runtime: z.literal('cloudfront-js-2.0'),
    Comment: harmless(because.description),
  }),
  Name: harmless(because.description),
  AutoPublish: harmless('every change is live at once'),
  Tags: harmless(because.tags),
})

const overrides = { Override: boolean }

const responseHeadersPolicy = z.strictObject({
  ResponseHeadersPolicyConfig: z.strictObject({
    Name: harmless(because.description),
    Comment: harmless(because.description),
    SecurityHeadersConfig: z
      .strictObject({
        ContentSecurityPolicy: z.strictObject({ ContentSecurityPolicy: z.string(), ...overrides }).optional(),
        ContentTypeOptions: z.strictObject(overrides).optional(),
        FrameOptions: z.strictObject({ FrameOption: z.string(), ...overrides }).optional(),
        ReferrerPolicy: z.strictObject({ ReferrerPolicy: z.string(), ...overrides }).optional(),
        StrictTransportSecurity: harmless('browsers ignore it without TLS'),
        XSSProtection: harmless('browsers ignore it'),
      })
      .optional(),
    CustomHeadersConfig: z
      .strictObject({ Items: z.array(z.strictObject({ Header: z.string(), Value: z.string(), ...overrides })) })
      .optional(),
    ServerTimingHeadersConfig: harmless(because.telemetry),
  }),
})
type ResponseHeadersPolicy = z.output<typeof responseHeadersPolicy>['ResponseHeadersPolicyConfig']

const apiHost = new RegExp(`^([\\w-]+)\\.execute-api\\.${region}\\.${urlSuffix}$`)
const bucketHost = new RegExp(`^([\\w.-]+)\\.s3(?:\\.${region})?\\.${urlSuffix}$`)

export function readDistributions(
  resources: Resources,
  rewrite: (text: string) => string,
): readonly DistributionModel[] {
  const edgeFunctions = resources.read('AWS::CloudFront::Function', edgeFunction)
  const policies = resources.read('AWS::CloudFront::ResponseHeadersPolicy', responseHeadersPolicy)

  return resources.read('AWS::CloudFront::Distribution', distribution).map((declared) => {
    const config = declared.properties.DistributionConfig
    const origins = new Map<string, OriginModel>()
    for (const [index, { Id, DomainName, OriginCustomHeaders }] of config.Origins.entries()) {
      const origin = originOf(
        DomainName,
        Object.fromEntries(OriginCustomHeaders.map((header) => [header.HeaderName.toLowerCase(), header.HeaderValue])),
      )
      if (origin !== null) origins.set(Id, origin)
      else resources.complain(declared, `DistributionConfig.Origins[${index}]`, `${DomainName} is no origin known here`)
    }

    const behaviorOf = (
      pathPattern: string,
      { TargetOriginId, AllowedMethods, FunctionAssociations, ResponseHeadersPolicyId }: z.output<typeof behavior>,
    ): BehaviorModel => ({
      pathPattern,
      origin: origins.get(TargetOriginId) ?? missingOrigin(resources, declared, TargetOriginId),
      allowedMethods: AllowedMethods,
      viewerRequestCode:
        edgeFunctions.find(({ ref }) => ref === FunctionAssociations?.[0].FunctionARN)?.properties.FunctionCode ?? null,
      responseHeaders: headersOf(
        policies.find(({ ref }) => ref === ResponseHeadersPolicyId)?.properties.ResponseHeadersPolicyConfig,
        rewrite,
      ),
    })

    return {
      behaviors: [
        ...config.CacheBehaviors.map((one) => behaviorOf(one.PathPattern, one)),
        behaviorOf('*', config.DefaultCacheBehavior),
      ],
      defaultRootObject: config.DefaultRootObject ?? null,
    }
  })
}

function originOf(domainName: string, headers: Readonly<Record<string, string>>): OriginModel | null {
  const [, apiId] = apiHost.exec(domainName) ?? []
  if (apiId !== undefined) return { kind: 'http-api', apiId, headers }
  const [, bucketName] = bucketHost.exec(domainName) ?? []
  if (bucketName !== undefined) return { kind: 'bucket', bucketName }
  return null
}

function missingOrigin(resources: Resources, declared: ResourceOf<unknown>, id: string): OriginModel {
  resources.complain(declared, 'DistributionConfig', `no origin has the id ${id}`)
  return { kind: 'bucket', bucketName: '' }
}

function headersOf(
  policy: ResponseHeadersPolicy | undefined,
  rewrite: (text: string) => string,
): Readonly<Record<string, string>> {
  const security = policy?.SecurityHeadersConfig
  return {
    ...(security?.ContentSecurityPolicy && {
      'content-security-policy': localContentSecurityPolicy(
        rewrite(security.ContentSecurityPolicy.ContentSecurityPolicy),
      ),
    }),
    ...(security?.ContentTypeOptions && { 'x-content-type-options': 'nosniff' }),
    ...(security?.FrameOptions && { 'x-frame-options': security.FrameOptions.FrameOption }),
    ...(security?.ReferrerPolicy && { 'referrer-policy': security.ReferrerPolicy.ReferrerPolicy }),
    ...Object.fromEntries(
      (policy?.CustomHeadersConfig?.Items ?? []).map((item) => [item.Header.toLowerCase(), rewrite(item.Value)]),
    ),
  }
}

/** There is no TLS to upgrade to; and a source with a path would allow that path only, not what lies under it. */
function localContentSecurityPolicy(policy: string): string {
  return policy
    .split(';')
    .map((directive) => directive.trim())
    .filter((directive) => directive !== 'upgrade-insecure-requests')
    .join('; ')
    .replaceAll(/((?:http|ws)s?:\/\/[^\s;/]+)\/[^\s;]*/g, '$1')
}
