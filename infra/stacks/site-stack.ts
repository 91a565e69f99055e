import { join } from 'node:path'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import {
  AccessLevel,
  AllowedMethods,
  type BehaviorOptions,
  CacheCookieBehavior,
  CachedMethods,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3'
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { pascalCase } from '../constructs/pascal-case.ts'
import type { ApiStack } from './api-stack.ts'
import type { StorageStack } from './storage-stack.ts'

export interface SiteStackProps extends StackProps {
  readonly storage: StorageStack
  readonly api: ApiStack
}

/**
 * One host for everything that a browser or a display asks for: the site, its API and the renditions. The bucket is
 * filled by the deployment script; everything in it can be built again.
 */
export class SiteStack extends Stack {
  readonly distribution: Distribution
  readonly #config: StageConfig

  constructor(scope: Construct, id: string, config: StageConfig, { storage, api, ...props }: SiteStackProps) {
    super(scope, id, props)
    this.#config = config
    const { domain } = config
    const site = new Bucket(this, 'Files', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    Validations.of(site).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'It holds the public files of the site, which only the CDN reads.',
    })

    const renditions = S3BucketOrigin.withBucketDefaults(storage.renditions.bucket, {
      originAccessControlId: this.#access('RenditionsAccess').originAccessControlId,
    })
    const apiHost = `${api.http.api.apiId}.execute-api.${this.region}.${this.urlSuffix}`
    const backend = new HttpOrigin(apiHost)
    const shared = {
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      responseHeadersPolicy: this.#securityHeaders('DataHeaders', dataPolicy),
      compress: true,
    } satisfies Partial<BehaviorOptions>
    const toApi = {
      ...shared,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachedMethods: CachedMethods.CACHE_GET_HEAD,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    } satisfies Partial<BehaviorOptions>

    this.distribution = new Distribution(this, 'Cdn', {
      comment: 'Glowworm: site, API and renditions',
      ...(domain && {
        domainNames: [domain.name],
        certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      }),
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      defaultRootObject: 'index.html',
      // A fault that passes must not be kept at the edge for everybody; by default it is, for ten seconds.
      errorResponses: [500, 502, 503, 504].map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      defaultBehavior: {
        ...shared,
        // With the right to list, a file that is not there answers 404; without it S3 says 403. Nothing can be listed: no
        // query string gets through, and the path of the bucket itself is rewritten to a file.
        origin: S3BucketOrigin.withOriginAccessControl(site as IBucket, {
          originAccessControl: this.#access('FilesAccess'),
          originAccessLevels: [AccessLevel.READ, AccessLevel.LIST],
        }),
        responseHeadersPolicy: this.#securityHeaders('PageHeaders', this.#pagePolicy(storage, api)),
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        functionAssociations: [
          { eventType: FunctionEventType.VIEWER_REQUEST, function: this.#edgeFunction('rewrite-to-app') },
        ],
      },
      // The first match wins: files of renditions have two dots in their names, short URLs have none or one.
      additionalBehaviors: {
        '/media/*.*.*': { ...shared, origin: renditions, cachePolicy: CachePolicy.CACHING_OPTIMIZED },
        '/media/*': {
          ...shared,
          origin: backend,
          cachePolicy: this.#shortUrls(),
        },
        '/api/auth/login': {
          ...toApi,
          // An origin of its own: no other request carries the secret, so none can pass a viewer's word off as the edge's.
          origin: new HttpOrigin(apiHost, { customHeaders: api.edgeSecret.originHeaders }),
          functionAssociations: [
            { eventType: FunctionEventType.VIEWER_REQUEST, function: this.#edgeFunction('name-the-viewer') },
          ],
        },
        '/api/*': {
          ...toApi,
          origin: backend,
          functionAssociations: [
            { eventType: FunctionEventType.VIEWER_REQUEST, function: this.#edgeFunction('refuse-large-bodies') },
          ],
        },
      },
    })
    Validations.of(this.distribution).acknowledge(
      { id: 'AwsSolutions-CFR1', reason: 'Displays may hang anywhere.' },
      {
        id: 'AwsSolutions-CFR2',
        reason: 'A web ACL costs by the month even at rest; the API throttles and authorises.',
      },
      {
        id: 'AwsSolutions-CFR3',
        reason:
          'Its old logs need a bucket with ACLs, which no bucket here has; its new ones are declared in us-east-1, wherever the stack is. The HTTP API logs every request for it, S3 every file of a rendition that is not in a cache.',
      },
      {
        id: 'Annotation::@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk',
        reason: 'There is a default root object, and a function that rewrites the path besides.',
      },
    )

    if (!domain) {
      Validations.of(this.distribution).acknowledge({
        id: 'AwsSolutions-CFR4',
        reason: 'The protocols of the certificate that CloudFront lends are fixed; a domain raises them to TLS 1.2.',
      })
    }

    new CfnOutput(this, 'SiteUrl', { value: `https://${domain?.name ?? this.distribution.distributionDomainName}` })
    new CfnOutput(this, 'DistributionDomainName', { value: this.distribution.distributionDomainName })
    new CfnOutput(this, 'SiteBucketName', { value: site.bucketName })
    new CfnOutput(this, 'DistributionId', { value: this.distribution.distributionId })
  }

  /** CDK puts the region into some names of CloudFront's, which are one space for the whole account, but not into these. */
  #accountWideName(id: string): string {
    return `glowworm-${this.#config.stage}-${id}-${this.region}`
  }

  #access(id: string): S3OriginAccessControl {
    return new S3OriginAccessControl(this, id, { originAccessControlName: this.#accountWideName(id) })
  }

  /** That of `infra/cloudfront/{name}.js`. */
  #edgeFunction(name: 'rewrite-to-app' | 'refuse-large-bodies' | 'name-the-viewer'): EdgeFunction {
    return new EdgeFunction(this, pascalCase(name), {
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromFile({ filePath: join(import.meta.dirname, '..', 'cloudfront', `${name}.js`) }),
    })
  }

  /** A redirect is kept for as long as its Cache-Control says, and not at all if it says nothing. */
  #shortUrls(): CachePolicy {
    return new CachePolicy(this, 'ShortUrls', {
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.seconds(0),
      maxTtl: Duration.days(1),
      cookieBehavior: CacheCookieBehavior.none(),
      headerBehavior: CacheHeaderBehavior.none(),
      queryStringBehavior: CacheQueryStringBehavior.none(),
      enableAcceptEncodingGzip: true,
      enableAcceptEncodingBrotli: true,
    })
  }

  /**
   * Which scripts and styles may run, the page says itself, by their hashes: page and hashes change in one moment, and a
   * header here would change in another. The header adds what a page cannot say, and what only a deployment knows.
   */
  #pagePolicy(storage: StorageStack, api: ApiStack): string {
    const originals = `https://${storage.originals.bucket.bucketRegionalDomainName}`
    const live = api.socket.api.apiEndpoint
    return [
      `connect-src 'self' ${live} ${originals}`,
      `img-src 'self' blob: data: ${originals}`,
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      'upgrade-insecure-requests',
    ].join('; ')
  }

  #securityHeaders(id: string, contentSecurityPolicy: string): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, id, {
      responseHeadersPolicyName: this.#accountWideName(id),
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override: true },
        // Of this name alone: other names below a domain of one's own are not ours to send to HTTPS.
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: false, override: true },
      },
      customHeadersBehavior: {
        customHeaders: [
          { header: 'permissions-policy', value: 'camera=(), geolocation=(), microphone=()', override: true },
          { header: 'cross-origin-opener-policy', value: 'same-origin', override: true },
        ],
      },
    })
  }
}

/** Of everything that is no page: whatever it is taken for, nothing in it runs. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"
