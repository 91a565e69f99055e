import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods, type IBucket } from 'aws-cdk-lib/aws-s3'
import { CfnOutput, Duration, Stack, type StackProps, Validations } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { DataTable } from '../constructs/data-table.ts'
import { ObjectBucket } from '../constructs/object-bucket.ts'
import { removalPolicy } from '../constructs/removal-policy.ts'
import { UserDirectory } from '../constructs/user-directory.ts'

/** Everything that must survive a deployment: photos, records, people. It knows none of its users. */
export class StorageStack extends Stack {
  readonly originals: ObjectBucket
  readonly renditions: ObjectBucket
  readonly images: DataTable<'by_uploaded_at' | 'by_status' | 'by_filename'>
  readonly uploads: DataTable<'by_created_at'>
  readonly settings: DataTable
  readonly events: DataTable
  readonly connections: DataTable
  readonly tickets: DataTable
  readonly signInFailures: DataTable
  readonly users: UserDirectory

  constructor(scope: Construct, id: string, config: StageConfig, props: StackProps) {
    super(scope, id, props)
    const accessLogs = this.#accessLogs(config)

    this.originals = new ObjectBucket(this, 'Originals', {
      config,
      accessLogs,
      variable: 'ORIGINALS_BUCKET',
      prefix: 'originals/',
      bucket: {
        // The browser sends an original straight to S3, which checks length and SHA-256 itself.
        cors: [
          {
            allowedMethods: [HttpMethods.PUT],
            allowedOrigins: config.uploadOrigins,
            allowedHeaders: ['content-type', 'x-amz-checksum-sha256', 'x-amz-sdk-checksum-algorithm'],
            exposedHeaders: ['etag'],
            maxAge: 3600,
          },
        ],
      },
    })
    this.renditions = new ObjectBucket(this, 'Renditions', {
      config,
      accessLogs,
      variable: 'RENDITIONS_BUCKET',
      prefix: 'media/',
    })
    this.#letTheCdnRead(this.renditions.bucket)

    this.images = new DataTable(this, 'Images', {
      config,
      variable: 'IMAGES_TABLE',
      partitionKey: 'id',
      indexes: {
        by_uploaded_at: {
          partitionKey: 'listing',
          sortKey: 'uploaded_at',
          include: ['search_text', 'processing_status', 'variant_names'],
        },
        by_status: { partitionKey: 'listing_status', sortKey: 'uploaded_at', include: ['search_text', 'updated_at'] },
        by_filename: { partitionKey: 'listing', sortKey: 'sort_name', include: ['search_text', 'processing_status'] },
      },
    })
    this.uploads = new DataTable(this, 'Uploads', {
      config,
      variable: 'UPLOADS_TABLE',
      partitionKey: 'id',
      indexes: { by_created_at: { partitionKey: 'unsettled', sortKey: 'created_at' } },
      timeToLive: 'expires_at_seconds',
    })
    this.settings = new DataTable(this, 'Settings', { config, variable: 'SETTINGS_TABLE', partitionKey: 'name' })
    this.events = new DataTable(this, 'Events', {
      config,
      variable: 'EVENTS_TABLE',
      partitionKey: 'channel',
      sortKey: 'id',
      timeToLive: 'expires_at_seconds',
    })
    // Not `Connections`: a table of that name with another key may be stored, and no table can change its key.
    this.connections = new DataTable(this, 'Subscriptions', {
      config,
      variable: 'CONNECTIONS_TABLE',
      partitionKey: 'channel',
      sortKey: 'connection_id',
      timeToLive: 'expires_at_seconds',
    })
    this.tickets = new DataTable(this, 'Tickets', {
      config,
      variable: 'TICKETS_TABLE',
      partitionKey: 'id',
      timeToLive: 'expires_at_seconds',
    })
    this.signInFailures = new DataTable(this, 'SignInFailures', {
      config,
      variable: 'SIGN_IN_FAILURES_TABLE',
      partitionKey: 'id',
      timeToLive: 'expires_at_seconds',
    })

    this.users = new UserDirectory(this, 'Users', { config })
    new CfnOutput(this, 'OriginalsBucketName', { value: this.originals.bucket.bucketName })
    new CfnOutput(this, 'RenditionsBucketName', { value: this.renditions.bucket.bucketName })
    new CfnOutput(this, 'UserPoolId', { value: this.users.pool.userPoolId })
    new CfnOutput(this, 'UserPoolClientId', { value: this.users.client.userPoolClientId })
  }

  /** Who read which object, for 90 days. */
  #accessLogs(config: StageConfig): IBucket {
    const bucket = new Bucket(this, 'AccessLogs', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [{ id: 'expire', expiration: Duration.days(90) }],
      removalPolicy: removalPolicy(config),
    })
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'It receives the access logs of the other buckets; logging to itself would never end.',
    })
    return bucket as IBucket
  }

  /**
   * Naming the distribution would make this stack depend on the site, which depends on this one. Every distribution of
   * the account may read instead: renditions are what the CDN shows to everybody.
   */
  #letTheCdnRead(bucket: IBucket): void {
    const distributions = this.formatArn({
      service: 'cloudfront',
      region: '',
      resource: 'distribution',
      resourceName: '*',
    })
    const statement = (action: string, resource: string) =>
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
        actions: [action],
        resources: [resource],
        conditions: { ArnLike: { 'aws:SourceArn': distributions } },
      })
    bucket.addToResourcePolicy(statement('s3:GetObject', bucket.arnForObjects('media/*')))
    // So that a rendition that does not exist answers 404 and not 403. The CDN forwards only paths of files.
    bucket.addToResourcePolicy(statement('s3:ListBucket', bucket.bucketArn))
  }
}
